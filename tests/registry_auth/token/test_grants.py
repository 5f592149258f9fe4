"""What is granted: asked ∩ allowed ∩ what the credential is for. A plain restatement judges it."""

import json

from hypothesis import given
from hypothesis import strategies as st

from accounts.tokens.models import TokenScope
from marketplace.entitlements.policy import Action
from registry_auth.token.grants import MOST_ACCESS_BYTES, grant, repositories_of
from registry_auth.token.scopes import Scope

_names = st.sampled_from(["a/x", "a/y", "b/x", "catalog"])
_scopes = st.lists(
    st.builds(
        Scope,
        st.sampled_from(["repository", "repository", "registry"]),
        _names,
        st.frozensets(st.sampled_from(["pull", "push", "delete", "*"]), min_size=1),
    ),
    max_size=6,
    unique_by=lambda scope: (scope.type, scope.name),
).map(lambda scopes: [Scope(s.type, s.name, frozenset("*")) if s.type == "registry" else s for s in scopes])
_allowed = st.dictionaries(_names, st.frozensets(st.sampled_from(Action)))
_use = st.lists(st.sampled_from(TokenScope), unique=True)


def restated(scope: Scope, allowed, use, reads_catalogue) -> set[str]:
    """Say the same in the slowest and plainest way."""
    if scope.type == "registry":
        return {"*"} if scope.name == "catalog" and reads_catalogue and TokenScope.PULL in use else set()
    may = {str(action) for action in allowed.get(scope.name, ())}
    granted: set[str] = set()
    for action in ("pull", "push", "delete"):
        wanted = action in scope.actions or "*" in scope.actions
        usable = TokenScope.PULL in use if action == "pull" else TokenScope.PUSH in use
        if wanted and usable and action in may:
            granted.add(action)
    if "push" in granted and "pull" in may:
        granted.add("pull")
    return granted


@given(_scopes, _allowed, _use, st.booleans())
def test_the_grant_is_what_the_plain_words_say(scopes, allowed, use, reads_catalogue):
    entries = grant(scopes, allowed=allowed, use=use, reads_catalogue=reads_catalogue)

    expected = {(s.type, s.name): restated(s, allowed, use, reads_catalogue) for s in scopes}
    assert {(e["type"], e["name"]): set(e["actions"]) for e in entries} == {key: actions for key, actions in expected.items() if actions}


@given(_scopes, _allowed, _use, st.booleans())
def test_no_right_is_granted_that_the_marketplace_does_not_allow(scopes, allowed, use, reads_catalogue):
    for entry in grant(scopes, allowed=allowed, use=use, reads_catalogue=reads_catalogue):
        if entry["type"] == "repository":
            assert "*" not in entry["actions"]
            assert set(entry["actions"]) <= {str(action) for action in allowed[entry["name"]]}
        assert entry["actions"] == sorted(set(entry["actions"]))


def test_a_grant_has_a_size():
    scopes = [Scope("repository", f"{'n' * 200}/{number:03}", frozenset({"pull"})) for number in range(50)]
    allowed = {scope.name: {Action.PULL} for scope in scopes}

    entries = grant(scopes, allowed=allowed, use=[TokenScope.PULL], reads_catalogue=False)

    assert len(json.dumps(entries)) <= MOST_ACCESS_BYTES + 2 * len(entries)
    # What was asked first is kept.
    assert [entry["name"] for entry in entries] == [scope.name for scope in scopes[: len(entries)]]


def test_only_repositories_are_asked_for():
    scopes = [Scope("registry", "catalog", frozenset("*")), Scope("repository", "a/b", frozenset({"pull"}))]

    assert repositories_of(scopes) == ["a/b"]


def test_what_is_refused_takes_no_room_from_what_is_granted():
    refused = [Scope("repository", f"{'n' * 200}/{number:03}", frozenset({"pull"})) for number in range(49)]
    granted = Scope("repository", "acme/db", frozenset({"pull"}))

    entries = grant([*refused, granted], allowed={"acme/db": {Action.PULL}}, use=[TokenScope.PULL], reads_catalogue=False)

    assert [entry["name"] for entry in entries] == ["acme/db"]
