"""Making and ending access tokens."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import F
from django.utils import timezone

from accounts import credentials
from accounts.errors import NoTokenScope, TokenExpiryPast, TokenTooPowerful, TooManyTokens
from accounts.locks import lock_token, lock_user
from accounts.models import AccessToken, TokenScope, User
from accounts.selectors.tokens import live_tokens_of
from accounts.selectors.users import require_verified_email
from accounts.services.audit import record_audit
from accounts.services.mail import queue_mail
from common.locking import locked_transaction


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token with its secret, which is nowhere else and never to be had again."""

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
    """Make an access token for the user and tell them by mail; its secret is in the result and nowhere else.

    Args:
        user: whose it is.
        name: where it is used, in the user's words.
        scopes: at least one.
        expires_at: None for no end.
        maker: the access token that asks for it; None in the browser, whose views demand a fresh login for push and api.
        limited_to: names of the only images it is for; whoever says so writes the rows that decide, in the same transaction.

    Raises:
        EmailNotVerified: the user has no verified address.
        NoTokenScope: no scope.
        TokenExpiryPast: it would be dead at birth.
        TokenTooPowerful: the maker is dead, has fewer scopes, images or a shorter life, or asks for more than pulling.
        TooManyTokens: the user has as many live ones as one may have.
    """
    require_verified_email(user)
    if not scopes:
        raise NoTokenScope
    if expires_at is not None and expires_at <= timezone.now():
        raise TokenExpiryPast
    secret = credentials.new_secret()
    with locked_transaction():
        if maker is not None:
            _require_maker_may(lock_token(token_id=maker.pk), user=user, scopes=scopes, expires_at=expires_at)
        _require_room(user)
        token = AccessToken.objects.create(
            user=user,
            name=name,
            secret_hash=credentials.secret_hash(secret),
            hint=secret[-credentials.HINT_LENGTH :],
            scopes=[scope.value for scope in TokenScope if scope in scopes],
            expires_at=expires_at,
            limited_to=limited_to,
        )
        made_by = {"maker": str(maker.pk)} if maker else {}
        record_audit(actor=user, action="token.created", target=token, scopes=token.scopes, **made_by)
        queue_mail(to=user.email, template="token_created", context={"token": token}, key=f"token-created:{token.pk}")
    return IssuedToken(token, secret)


def _require_room(user: User) -> None:
    """Count under the user's lock, so that of two tokens at once the second one counts the first."""
    most = settings.LAYERSTORE_TOKENS_PER_USER
    if live_tokens_of(lock_user(user_id=user.pk)).count() >= most:
        raise TooManyTokens(most=most)


def _require_maker_may(maker: AccessToken, *, user: User, scopes: Collection[TokenScope], expires_at: datetime | None) -> None:
    if not maker.is_live or maker.user_id != user.pk:
        raise TokenTooPowerful("The token that asks is no longer valid.")
    if maker.limited:
        raise TokenTooPowerful("A pull credential makes no tokens.")
    if set(scopes) - {TokenScope.PULL}:
        raise TokenTooPowerful(f"Tokens that push or use the API are made in the browser: {settings.LAYERSTORE_PUBLIC_URL}/account/tokens/")
    if not set(scopes) <= set(maker.scopes):
        raise TokenTooPowerful("A token cannot make one with more scopes than its own.")
    if maker.expires_at is not None and (expires_at is None or expires_at > maker.expires_at):
        raise TokenTooPowerful(f"A token cannot make one that outlives it: set an end until {maker.expires_at:%Y-%m-%d %H:%M} UTC.")


def revoke_access_token(*, token: AccessToken, actor: User, reason: str = "") -> AccessToken:
    """End the token now, its identity token with it; doing so again changes nothing."""
    with locked_transaction():
        locked = lock_token(token_id=token.pk)
        if locked.revoked_at is None:
            locked.revoked_at = timezone.now()
            locked.save(update_fields=["revoked_at"])
            record_audit(actor=actor, action="token.revoked", target=locked, reason=reason)
    return locked


def log_out_everywhere(*, user: User, actor: User | None = None, reason: str = "") -> None:
    """End every browser session and identity token of the user; access tokens stay.

    The caller's own session ends too, unless its view keeps it (`update_session_auth_hash`).
    """
    with locked_transaction():
        User.objects.filter(pk=user.pk).update(credential_generation=F("credential_generation") + 1)
        user.refresh_from_db(fields=["credential_generation"])
        record_audit(actor=actor or user, action="user.logged_out_everywhere", target=user, reason=reason)


def write_token_uses(*, uses: Mapping[UUID, float]) -> int:
    """Write when tokens were last used, in one statement; times never go back, tokens that are gone are passed over.

    Args:
        uses: seconds since 1970 by token id.

    Returns:
        How many tokens changed.
    """
    if not uses:
        return 0
    moments = [datetime.fromtimestamp(seconds, tz=UTC) for seconds in uses.values()]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_accesstoken AS token SET last_used_at = used.at"
            " FROM unnest(%s::uuid[], %s::timestamptz[]) AS used (id, at)"
            " WHERE token.id = used.id AND (token.last_used_at IS NULL OR token.last_used_at < used.at)",
            [[str(token_id) for token_id in uses], moments],
        )
        return int(cursor.rowcount)
