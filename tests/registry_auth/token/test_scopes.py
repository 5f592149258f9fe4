"""The scope parser: every form that clients write, and nothing that could be more than it says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.images.oci import LONGEST_NAME
from registry_auth.token.scopes import MOST_RESOURCES, MOST_SCOPES, Scope, parse_scopes

REPOSITORY = "repository"


def scope(name: str, *actions: str, kind: str = REPOSITORY) -> Scope:
    return Scope(kind, name, frozenset(actions))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("repository:acme/db:pull", scope("acme/db", "pull"), id="plain"),
        pytest.param("repository:acme/db:push,pull", scope("acme/db", "pull", "push"), id="order of actions says nothing"),
        pytest.param("repository:acme/db:*", scope("acme/db", "*"), id="everything"),
        pytest.param("repository:acme/db:delete", scope("acme/db", "delete"), id="delete"),
        pytest.param("repository:db:pull", scope("db", "pull"), id="one component"),
        pytest.param("repository:a/b/c/d:pull", scope("a/b/c/d", "pull"), id="many components"),
        pytest.param("repository:a.b_c__d-e--f/x:pull", scope("a.b_c__d-e--f/x", "pull"), id="all separators"),
        pytest.param("repository:host:5000/acme/db:pull,push", scope("host:5000/acme/db", "pull", "push"), id="host and port in the name"),
        pytest.param("repository:Host.example:5000/db:pull", scope("Host.example:5000/db", "pull"), id="upper case in the host"),
        pytest.param("repository(plugin):acme/db:pull", scope("acme/db", "pull"), id="deprecated class is dropped"),
        pytest.param("registry:catalog:*", scope("catalog", "*", kind="registry"), id="catalogue"),
        pytest.param("repository:acme/db:pull,fly", scope("acme/db", "pull"), id="unknown action is dropped"),
        pytest.param("repository:acme/db:pull,f1y", scope("acme/db", "pull"), id="action with a digit is dropped"),
        pytest.param("repository:acme/db:pull,,pull", scope("acme/db", "pull"), id="empty and repeated actions"),
        pytest.param("repository:acme/db:PULL", None, id="actions are lower case"),
        pytest.param("repository:acme/db:fly", None, id="no known action"),
        pytest.param("repository:acme/db:", None, id="no action"),
        pytest.param("repository:acme/db", None, id="no part for actions"),
        pytest.param("nonsense", None, id="not a scope"),
        pytest.param("", None, id="nothing"),
        pytest.param("::", None, id="colons alone"),
        pytest.param("registry:catalog:pull", None, id="the registry is not pulled"),
        pytest.param("plugin:acme/db:pull", None, id="unknown type"),
        pytest.param("Repository:acme/db:pull", None, id="types are lower case"),
        pytest.param("repository():acme/db:pull", None, id="empty class"),
        pytest.param("repository:Acme/db:pull", scope("Acme/db", "pull"), id="upper case looks like a host"),
        pytest.param("repository:acme/DB:pull", None, id="upper case in a component"),
        pytest.param("repository:../etc:pull", None, id="dots"),
        pytest.param("repository:acme//db:pull", None, id="empty component"),
        pytest.param("repository:/acme/db:pull", None, id="leading slash"),
        pytest.param("repository:acme/db/:pull", None, id="trailing slash"),
        pytest.param("repository:-acme/db:pull", None, id="leading dash"),
        pytest.param("repository:acme%2Fdb:pull", None, id="percent"),
        pytest.param("repository:acme/db\n:pull", None, id="line feed"),
        pytest.param("repository:acme/db\x00:pull", None, id="NUL"),
        pytest.param("repository:acme/dß:pull", None, id="beyond ASCII"),
        pytest.param("repository:*:pull", None, id="no wildcard in names"),
        pytest.param(f"repository:{'a' * LONGEST_NAME}:pull", scope("a" * LONGEST_NAME, "pull"), id="as long as a name may be"),
        pytest.param(f"repository:{'a' * (LONGEST_NAME + 1)}:pull", None, id="too long a name"),
        pytest.param(f"repository:acme/db:{'pull,' * 100}", None, id="too long a scope"),
    ],
)
def test_scope_is_parsed_as_clients_write_it(text: str, expected: Scope | None) -> None:
    assert Scope.parse(text) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param([], (), id="absent"),
        pytest.param([""], (), id="empty"),
        pytest.param(["repository:a:pull", "repository:b:pull"], (scope("a", "pull"), scope("b", "pull")), id="repeated parameter"),
        pytest.param(["repository:a:pull repository:b:push"], (scope("a", "pull"), scope("b", "push")), id="space in one value"),
        pytest.param(
            ["repository:a:pull  repository:b:pull ", "repository:c:pull"],
            (scope("a", "pull"), scope("b", "pull"), scope("c", "pull")),
            id="both mixed, spaces doubled",
        ),
        pytest.param(["repository:a:pull", "repository:a:push"], (scope("a", "pull", "push"),), id="same repository is merged"),
        pytest.param(["nonsense repository:a:pull"], (scope("a", "pull"),), id="one bad scope empties no other"),
        pytest.param(["repository(plugin):a:push", "repository:a:pull"], (scope("a", "pull", "push"),), id="merged across classes"),
        pytest.param(
            ["repository:catalog:*", "registry:catalog:*"],
            (scope("catalog", "*"), scope("catalog", "*", kind="registry")),
            id="types stay apart",
        ),
    ],
)
def test_scopes_of_a_request_are_merged(values: list[str], expected: tuple[Scope, ...]) -> None:
    assert parse_scopes(values) == expected


def test_very_many_scopes_are_capped() -> None:
    assert len(parse_scopes([f"repository:r{n}:pull" for n in range(500)])) == MOST_RESOURCES


def test_repetitions_beyond_the_cap_are_not_looked_at() -> None:
    flood = ["nonsense"] * MOST_SCOPES

    assert parse_scopes([*flood, "repository:a:pull"]) == ()
    assert parse_scopes([" ".join(flood[1:]), "repository:a:pull"]) == (scope("a", "pull"),)


def test_a_full_list_still_takes_further_actions_of_what_is_in_it() -> None:
    full = [f"repository:r{n}:pull" for n in range(MOST_RESOURCES)]

    assert parse_scopes([*full, "repository:r0:push", "repository:more:pull"])[0] == scope("r0", "pull", "push")


_pieces = st.sampled_from(
    [":", ",", " ", "/", "repository", "registry", "(plugin)", "catalog", "acme/db", "pull", "push", "*", "delete", "\x00", "é"]
)


@given(st.lists(st.one_of(st.text(max_size=40), st.lists(_pieces, max_size=12).map("".join)), max_size=6))
def test_no_text_breaks_the_parser_or_yields_an_unknown_action(values: list[str]) -> None:
    parsed = parse_scopes(values)

    assert len({(scope.type, scope.name) for scope in parsed}) == len(parsed)
    for found in parsed:
        assert found.type in {"repository", "registry"}
        assert found.actions
        assert found.actions <= {"pull", "push", "delete", "*"}
        assert len(found.name) <= LONGEST_NAME
        assert any(found.name in value for value in values)


@given(st.text(max_size=400))
def test_what_is_parsed_can_be_written_and_parsed_again(text: str) -> None:
    found = Scope.parse(text)

    if found is not None:
        assert Scope.parse(f"{found.type}:{found.name}:{','.join(found.actions)}") == found
