"""Making and ending access tokens."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import F
from django.utils import timezone
from django.utils.translation import get_language, gettext

from accounts.people.locks import lock_user
from accounts.people.models import Account, User
from accounts.people.selectors import require_verified_email
from accounts.tokens import secrets
from accounts.tokens.errors import NoTokenScope, TokenExpiryPast, TokenTooPowerful, TooManyTokens
from accounts.tokens.locks import lock_token, lock_tokens
from accounts.tokens.models import AccessToken, TokenScope
from accounts.tokens.selectors import live_tokens_of
from audit.services import record_audit
from common.db.locking import locked_transaction
from common.web.links import absolute
from outbox.mail.services import queue_mail

_USES_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token with its secret, which exists nowhere else and cannot be had again."""

    token: AccessToken
    secret: str = field(repr=False)


def create_access_token(
    *,
    user: User,
    name: str,
    scopes: Collection[TokenScope],
    expires_at: datetime | None = None,
    maker: AccessToken | None = None,
    limited_to: str = "",
) -> IssuedToken:
    """Make an access token for the user and tell them by mail. Its secret is in the result and nowhere else.

    Args:
        user: whose it is.
        name: where it is used, in the user's words.
        scopes: at least one.
        expires_at: None for no end.
        maker: the access token that requests it; None in the browser, whose views require a recent login for push and api.
        limited_to: names of the only images it is for; the caller writes the rows that decide, in the same transaction.

    Raises:
        EmailNotVerified: the user has no verified address.
        NoTokenScope: no scope.
        TokenExpiryPast: the end is not in the future.
        TokenTooPowerful: the maker has ended, has fewer scopes, fewer images or a shorter life, or requests more than pulling.
        TooManyTokens: the user already has the most live ones that one may have.
    """
    require_verified_email(user)
    if not scopes:
        raise NoTokenScope
    require_future(expires_at)
    with locked_transaction():
        require_maker_may(maker, user=user, scopes=scopes, expires_at=expires_at)
        _require_room(user)
        issued = write_token(user=user, name=name, scopes=scopes, expires_at=expires_at, limited_to=limited_to)
        made_by = {"maker": str(maker.pk)} if maker else {}
        record_audit(actor=user, action="token.created", target=issued.token, scopes=issued.token.scopes, **made_by)
        queue_mail(
            to=user.email,
            template="token_created",
            context={"token": issued.token},
            key=f"token-created:{issued.token.pk}",
            language=get_language(),
        )
    return issued


def write_token(
    *,
    name: str,
    scopes: Collection[TokenScope],
    expires_at: datetime | None,
    limited_to: str,
    user: User | None = None,
    organisation: Account | None = None,
) -> IssuedToken:
    """Write a token's row and nothing else: the caller has checked that it is allowed, and records and announces it."""
    secret = secrets.new_secret()
    token = AccessToken.objects.create(
        user=user,
        organisation=organisation,
        name=name,
        secret_hash=secrets.secret_hash(secret),
        hint=secret[-secrets.HINT_LENGTH :],
        scopes=[scope.value for scope in TokenScope if scope in scopes],
        expires_at=expires_at,
        limited_to=limited_to,
    )
    return IssuedToken(token, secret)


def require_future(expires_at: datetime | None) -> None:
    """Make sure that a token's end is in the future.

    Raises:
        TokenExpiryPast: it is not.
    """
    if expires_at is not None and expires_at <= timezone.now():
        raise TokenExpiryPast


def _require_room(user: User) -> None:
    """Count under the user's lock: if two tokens are made at the same time, the second one counts the first."""
    most = settings.LAYERSTORE_TOKENS_PER_USER
    if live_tokens_of(lock_user(user_id=user.pk)).count() >= most:
        raise TooManyTokens(most=most)


def require_maker_may(maker: AccessToken | None, *, user: User, scopes: Collection[TokenScope], expires_at: datetime | None) -> None:
    """Make sure that the token that requests another one, if any, may make it. Locks it, so that it cannot be revoked meanwhile.

    Raises:
        TokenTooPowerful: it may not.
    """
    if maker is None:
        return
    maker = lock_token(token_id=maker.pk)
    if not maker.is_live or maker.user_id != user.pk:
        raise TokenTooPowerful(gettext("The token used for this request is no longer valid."))
    if maker.limited:
        raise TokenTooPowerful(gettext("A token for some images only cannot make tokens."))
    if set(scopes) - {TokenScope.PULL}:
        raise TokenTooPowerful(
            gettext("Make tokens that push or use the API in the browser: {url}").format(url=absolute("marketplace:tokens"))
        )
    if not set(scopes) <= set(maker.scopes):
        raise TokenTooPowerful(gettext("A token cannot make one with more scopes than its own."))
    if maker.expires_at is not None and (expires_at is None or expires_at > maker.expires_at):
        message = gettext("A token cannot make one that outlives it: set an end no later than {end} UTC.")
        raise TokenTooPowerful(message.format(end=f"{maker.expires_at:%Y-%m-%d %H:%M}"))


def revoke_access_token(*, token: AccessToken, actor: User, reason: str = "") -> AccessToken:
    """End the token now, and its identity token with it; repeating it changes nothing."""
    with locked_transaction():
        locked = lock_token(token_id=token.pk)
        if locked.revoked_at is None:
            locked.revoked_at = timezone.now()
            locked.save(update_fields=["revoked_at"])
            record_audit(actor=actor, action="token.revoked", target=locked, reason=reason)
    return locked


def log_out_everywhere(*, user: User, actor: User | None = None, reason: str = "") -> None:
    """End all browser sessions and identity tokens of the user; access tokens stay.

    The current session ends too, unless its view preserves it (`update_session_auth_hash`).
    """
    with locked_transaction():
        User.objects.filter(pk=user.pk).update(credential_generation=F("credential_generation") + 1)
        user.refresh_from_db(fields=["credential_generation"])
        record_audit(actor=actor or user, action="user.logged_out_everywhere", target=user, reason=reason)


def write_token_uses(*, uses: Mapping[UUID, float]) -> int:
    """Write when tokens were last used; times never go back, and tokens that no longer exist are skipped.

    A thousand at a time, each thousand locked in the order of their ids and then released: two writers cannot deadlock, and a revocation
    waits no longer than one such statement takes.

    Args:
        uses: seconds since 1970 by token id.

    Returns:
        How many tokens changed.

    Raises:
        LockTimeout: one of them was locked for too long; what was not written can be written again.
    """
    ordered = sorted(uses.items())
    return sum(_write_uses(ordered[first : first + _USES_AT_ONCE]) for first in range(0, len(ordered), _USES_AT_ONCE))


def _write_uses(uses: Sequence[tuple[UUID, float]]) -> int:
    ids = [str(token_id) for token_id, _ in uses]
    moments = [datetime.fromtimestamp(seconds, tz=UTC) for _, seconds in uses]
    with locked_transaction():
        lock_tokens(token_ids=ids)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE accounts_accesstoken AS token SET last_used_at = used.at"
                " FROM unnest(%s::uuid[], %s::timestamptz[]) AS used (id, at)"
                " WHERE token.id = used.id AND (token.last_used_at IS NULL OR token.last_used_at < used.at)",
                [ids, moments],
            )
            return int(cursor.rowcount)
