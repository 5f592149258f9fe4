from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.people.errors import EmailNotVerified
from accounts.tokens.errors import NoTokenScope, TokenExpiryPast, TokenTooPowerful, TooManyTokens
from accounts.tokens.models import AccessToken, TokenScope
from accounts.tokens.selectors import find_live_token
from accounts.tokens.services import create_access_token, log_out_everywhere, revoke_access_token, write_token_uses
from audit.models import AuditEvent
from outbox.mail.models import OutgoingMail
from tests.accounts.tokens.conftest import makes_no_token
from tests.factories.accounts import AccessTokenFactory, UserFactory

pytestmark = pytest.mark.django_db
PULL, PUSH, API = TokenScope.PULL, TokenScope.PUSH, TokenScope.API


def test_a_new_token_opens_its_users_door_and_is_kept_only_as_a_hash() -> None:
    user = UserFactory()

    issued = create_access_token(user=user, name="build server", scopes={API, PULL})

    token = AccessToken.objects.get()
    assert find_live_token(issued.secret) == token == issued.token
    assert (token.user, token.name, token.scopes, token.expires_at) == (user, "build server", ["registry:pull", "api"], None)
    assert token.hint == issued.secret[-4:]
    assert issued.secret not in "".join(str(value) for value in vars(token).values())
    assert issued.secret not in repr(issued)
    assert str(token) == f"build server (…{token.hint})"


def test_making_a_token_is_audited_and_told_by_mail_without_its_secret() -> None:
    issued = create_access_token(user=UserFactory(email="mira@example.test"), name="build & test", scopes=[PULL])

    event, mail = AuditEvent.objects.get(), OutgoingMail.objects.get()
    assert (event.action, event.target_id, event.details) == ("token.created", str(issued.token.pk), {"scopes": ["registry:pull"]})
    assert (mail.to, mail.key) == ("mira@example.test", f"token-created:{issued.token.pk}")
    assert "build & test" in mail.body_text
    assert "build &amp; test" in mail.body_html
    assert issued.secret not in mail.subject + mail.body_text + mail.body_html


def test_without_a_verified_address_there_is_no_token() -> None:
    user = UserFactory(verified=False)

    makes_no_token(EmailNotVerified, lambda: create_access_token(user=user, name="x", scopes=[PULL]))


def test_without_a_scope_there_is_no_token() -> None:
    user = UserFactory()

    makes_no_token(NoTokenScope, lambda: create_access_token(user=user, name="x", scopes=[]))


def test_a_token_that_would_be_dead_at_birth_is_not_made() -> None:
    user = UserFactory()

    makes_no_token(TokenExpiryPast, lambda: create_access_token(user=user, name="x", scopes=[PULL], expires_at=timezone.now()))


SOON, LATER = timedelta(days=1), timedelta(days=2)


@pytest.mark.parametrize(
    ("maker", "scopes", "life"),
    [
        pytest.param({}, [PUSH], None, id="push is made in the browser"),
        pytest.param({}, [API], None, id="api is made in the browser"),
        pytest.param({}, [PULL, API], None, id="also beside pull"),
        pytest.param({"scopes": ["api"]}, [PULL], None, id="more scopes than its own"),
        pytest.param({"life": SOON}, [PULL], LATER, id="longer life than its own"),
        pytest.param({"life": SOON}, [PULL], None, id="no end, though it ends itself"),
        pytest.param({"life": -SOON}, [PULL], SOON, id="it has ended"),
        pytest.param({"revoked_at": datetime(2026, 1, 1, tzinfo=UTC)}, [PULL], None, id="it is revoked"),
    ],
)
def test_a_token_makes_no_token_mightier_than_itself(maker: dict[str, Any], scopes: list[TokenScope], life: timedelta | None) -> None:
    own = {"expires_at": timezone.now() + maker.pop("life")} if "life" in maker else {}
    token = AccessTokenFactory(**maker, **own)
    expires_at = timezone.now() + life if life else None

    makes_no_token(
        TokenTooPowerful, lambda: create_access_token(user=token.user, name="x", scopes=scopes, expires_at=expires_at, maker=token)
    )


def test_a_user_has_so_many_live_tokens_and_no_more(settings: Any) -> None:
    settings.LAYERSTORE_TOKENS_PER_USER = 2
    user, now = UserFactory(), timezone.now()
    AccessTokenFactory()
    AccessTokenFactory(user=user, revoked_at=now)
    AccessTokenFactory(user=user, expires_at=now - timedelta(days=1))
    live = AccessTokenFactory.create_batch(2, user=user)

    makes_no_token(TooManyTokens, lambda: create_access_token(user=user, name="x", scopes=[PULL]))

    revoke_access_token(token=live[0], actor=user)
    assert create_access_token(user=user, name="x", scopes=[PULL]).token.is_live


def test_a_token_makes_no_token_of_somebody_else() -> None:
    token, other = AccessTokenFactory(), UserFactory()

    makes_no_token(TokenTooPowerful, lambda: create_access_token(user=other, name="x", scopes=[PULL], maker=token))


@pytest.mark.parametrize("life", [None, SOON])
def test_a_token_makes_a_pull_token_within_its_own_limits(life: timedelta | None) -> None:
    end = timezone.now() + life if life else None
    token = AccessTokenFactory(expires_at=end)

    issued = create_access_token(user=token.user, name="cluster", scopes=[PULL], expires_at=end, maker=token)

    assert (issued.token.scopes, issued.token.expires_at) == (["registry:pull"], end)
    assert AuditEvent.objects.get().details["maker"] == str(token.pk)


def test_revoking_ends_a_token_and_is_audited_once() -> None:
    token, staff = AccessTokenFactory(), UserFactory(staff=True)

    first = revoke_access_token(token=token, actor=staff, reason="leaked")
    again = revoke_access_token(token=token, actor=token.user)

    assert first.revoked_at == again.revoked_at is not None
    assert find_live_token(token.secret) is None
    event = AuditEvent.objects.get()
    assert (event.actor, event.action, event.reason) == (staff, "token.revoked", "leaked")


def test_logging_out_everywhere_raises_the_generation_and_is_audited() -> None:
    user = UserFactory()

    log_out_everywhere(user=user)

    user.refresh_from_db()
    assert user.credential_generation == 1
    assert AuditEvent.objects.get().actor == user


def test_uses_are_written_and_times_never_go_back() -> None:
    used, unused, newer = AccessTokenFactory(), AccessTokenFactory(), AccessTokenFactory(last_used_at=datetime(2026, 6, 2, tzinfo=UTC))
    at = datetime(2026, 6, 1, 12, tzinfo=UTC)

    changed = write_token_uses(uses=dict.fromkeys((used.pk, newer.pk, uuid4()), at.timestamp()))

    assert changed == 1
    assert AccessToken.objects.get(pk=used.pk).last_used_at == at
    assert AccessToken.objects.get(pk=unused.pk).last_used_at is None
    assert AccessToken.objects.get(pk=newer.pk).last_used_at == datetime(2026, 6, 2, tzinfo=UTC)


def test_no_uses_need_no_query(django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        assert write_token_uses(uses={}) == 0
