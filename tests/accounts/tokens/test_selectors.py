from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings
from redis.exceptions import ConnectionError as RedisAway

from accounts.organisations.models import Role
from accounts.organisations.selectors import account_ids_of, pulling_and_editing_ids_of
from accounts.people.services import disable_user, enable_user
from accounts.tokens import secrets, selectors
from accounts.tokens.models import AccessToken, TokenScope
from accounts.tokens.selectors import (
    Credential,
    find_live_token,
    find_token,
    identity_token_for,
    live_tokens_of,
    note_token_use,
    tokens_of,
)
from accounts.tokens.services import log_out_everywhere, revoke_access_token
from common.ops.redis import redis_client, redis_key
from tests.factories.accounts import AccessTokenFactory, MembershipFactory, RobotFactory, UserFactory
from tests.support.credentials import find_credential

pytestmark = pytest.mark.django_db


def test_a_live_token_is_found_in_one_query_with_user_and_account(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    token = AccessTokenFactory()

    with django_assert_num_queries(1):
        found = find_live_token(token.secret)
        assert found == token
        assert found.user.account.name == token.user.username


def is_found(secret: str) -> bool:
    """Whether the secret opens something; both ways of looking must agree."""
    row, credential = find_live_token(secret), find_credential(secret)
    assert (row and row.pk) == (credential and credential.pk)
    return row is not None


def test_a_token_hashed_under_an_older_key_is_found(settings: Settings, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    settings.LAYERSTORE_TOKEN_KEYS = ["old"]
    token = AccessTokenFactory()
    settings.LAYERSTORE_TOKEN_KEYS = ["new", "old"]

    with django_assert_num_queries(1):
        assert find_live_token(token.secret) == token


def test_a_token_whose_key_is_gone_is_not_found(settings: Settings) -> None:
    token = AccessTokenFactory()
    settings.LAYERSTORE_TOKEN_KEYS = ["new"]

    assert not is_found(token.secret)


@pytest.mark.parametrize("text", ["", "lsp_", "lsp_" + "0" * 49, "lsr_" + "0" * 32 + "_0_" + "0" * 64, "the web password", "\x00"])
def test_what_is_no_token_needs_no_query(text: str, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        assert find_live_token(text) is None
    assert find_credential(text) is None


def test_an_unknown_token_of_the_right_form_is_not_found() -> None:
    AccessTokenFactory()

    assert not is_found(secrets.new_secret())


@pytest.mark.parametrize(
    ("changes", "alive"),
    [
        pytest.param({}, True, id="no end"),
        pytest.param({"expires_at": timedelta(hours=1)}, True, id="ends later"),
        pytest.param({"expires_at": -timedelta(seconds=1)}, False, id="ended"),
        pytest.param({"revoked_at": -timedelta(seconds=1)}, False, id="revoked"),
    ],
)
def test_only_live_tokens_are_found_by_secret_and_by_identity_token(changes: dict[str, timedelta], *, alive: bool) -> None:
    token = AccessTokenFactory(**{name: timezone.now() + distance for name, distance in changes.items()})

    assert is_found(token.secret) is alive
    assert is_found(identity_token_for(token)) is alive
    assert token.is_live is alive
    assert list(live_tokens_of(token.user)) == ([token] if alive else [])


def test_tokens_of_a_disabled_user_are_not_found_until_enabled_again() -> None:
    token, staff = AccessTokenFactory(), UserFactory(staff=True)
    identity = identity_token_for(token)

    disable_user(user=token.user, reason="fraud", actor=staff)
    assert not is_found(token.secret)
    assert not is_found(identity)

    enable_user(user=token.user, reason="was not fraud", actor=staff)
    assert find_live_token(token.secret) == token
    assert not is_found(identity)


def test_an_identity_token_stands_for_its_access_token_in_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    token = AccessTokenFactory()
    identity = identity_token_for(token)

    with django_assert_num_queries(1):
        assert find_live_token(identity) == token
    assert identity_token_for(token) == identity


def test_logging_out_everywhere_ends_identity_tokens_and_leaves_access_tokens() -> None:
    token = AccessTokenFactory()
    before = identity_token_for(token)

    log_out_everywhere(user=token.user)

    assert not is_found(before)
    assert find_live_token(token.secret) == token
    assert find_live_token(identity_token_for(token)) == token


def test_revoking_the_access_token_ends_its_identity_token() -> None:
    token = AccessTokenFactory()

    revoke_access_token(token=token, actor=token.user)

    assert not is_found(identity_token_for(token))


def test_the_page_lists_the_users_own_tokens_newest_first_and_not_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    user = UserFactory()
    now = timezone.now()
    made = [AccessTokenFactory(user=user, created_at=now - timedelta(days=days)) for days in range(3)]
    AccessTokenFactory()
    monkeypatch.setattr(selectors, "LISTED", 2)

    assert list(tokens_of(user)) == made[:2]


def test_a_use_is_noted_in_redis_and_not_in_the_database(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    token = AccessTokenFactory()
    before = timezone.now().timestamp()

    with django_assert_num_queries(0):
        note_token_use(token)

    noted = redis_client().hgetall(redis_key(selectors.NOTED_USES))
    assert list(noted) == [str(token.pk)]
    assert before <= float(noted[str(token.pk)]) <= timezone.now().timestamp()


def test_noting_a_use_forgives_a_redis_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise RedisAway

    monkeypatch.setattr(selectors, "redis_client", away)

    note_token_use(AccessTokenFactory())

    assert AccessToken.objects.get().last_used_at is None


def test_a_busy_token_is_noted_once_in_a_while_by_each_process(monkeypatch: pytest.MonkeyPatch) -> None:
    token, clock = AccessTokenFactory(), iter([0.0, 9.9, 10.0])
    monkeypatch.setattr(selectors, "monotonic", lambda: next(clock))
    noted = []
    for _ in range(3):
        redis_client().delete(redis_key(selectors.NOTED_USES))
        note_token_use(token)
        noted.append(redis_client().hexists(redis_key(selectors.NOTED_USES), str(token.pk)))

    assert noted == [True, False, True]


def test_what_is_remembered_of_notes_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selectors, "_MOST_REMEMBERED", 2)
    monkeypatch.setattr(selectors, "_noted_at", {})
    for _ in range(3):
        note_token_use(AccessTokenFactory())

    assert len(selectors._noted_at) == 1


def test_a_credential_is_what_its_row_says(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    token = AccessTokenFactory()
    user = token.user
    expected = Credential(
        token.pk,
        tuple(token.scopes),
        user.username,
        user.email,
        user.credential_generation,
        user.has_all_rights,
        (user.account.pk,),
        editing_ids=(user.account.pk,),
        limited=False,
    )
    identity = identity_token_for(token)

    for secret in (token.secret, identity):
        with django_assert_num_queries(1):
            assert find_credential(secret) == expected
    assert expected.identity_token == identity


def test_a_credential_acts_for_the_organisations_whose_images_its_user_pulls(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    token = AccessTokenFactory()
    owned, edited, worked_in, paid_for = (
        MembershipFactory(user=token.user, role=role).account.pk for role in (Role.OWNER, Role.EDITOR, Role.MEMBER, Role.BILLING)
    )

    with django_assert_num_queries(1):
        found = find_credential(token.secret)

    assert found is not None
    assert found.account_ids[0] == token.user.account.pk
    assert set(found.account_ids[1:]) == {owned, edited, worked_in}
    assert set(found.editing_ids) == {token.user.account.pk, owned, edited}
    assert paid_for not in found.account_ids
    assert set(account_ids_of(token.user)) == set(found.account_ids)
    assert [set(ids) for ids in pulling_and_editing_ids_of(token.user)] == [set(found.account_ids), set(found.editing_ids)]


def test_a_robot_acts_for_its_organisation_alone_and_has_an_identity_token(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    robot = RobotFactory(organisation__handle="acme", name="build-server")
    MembershipFactory(account=robot.organisation)
    whose = {"account_ids": (robot.organisation_id,), "editing_ids": ()}  # it is not limited to images, so it pushes nothing
    expected = Credential(robot.pk, (TokenScope.PULL,), "acme+build-server", "", 0, False, **whose, limited=False)

    for secret in (robot.secret, identity_token_for(robot)):
        with django_assert_num_queries(1):
            assert find_credential(secret) == expected
    assert robot.username == "acme+build-server"
    assert find_token(identity_token_for(robot)) == robot


def test_a_revoked_robot_opens_nothing() -> None:
    robot = RobotFactory(revoked_at=timezone.now())

    assert find_credential(robot.secret) is None
    assert find_credential(identity_token_for(robot)) is None
