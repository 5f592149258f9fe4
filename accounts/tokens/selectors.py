"""Access tokens and robots: finding them by their secret, listing them, noting their use, and who made them."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any, Self
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone
from redis.exceptions import RedisError

from accounts.people.models import Account, User
from accounts.tokens.models import AccessToken
from accounts.tokens.secrets import Identity, identity_token, is_access_token, read_identity_token, secret_hashes
from audit.models import AuditEvent
from common.db.prepared_statements import array_literal
from common.ops.redis import redis_client, redis_key, unless_away

LISTED = 200
NOTED_USES = "noted-token-uses"  # Redis hash: access token id → seconds since 1970
NOTE_EVERY = 10.0  # seconds: however often a token is used, each process notes it once in this time
_MOST_REMEMBERED = 20_000
_noted_at: dict[UUID, float] = {}


@dataclass(frozen=True, slots=True)
class Credential:
    """A live access token of an active user or of an organisation: what the token service needs to know of it.

    Attributes:
        pk: the access token's.
        scopes: what it may be used for, at most.
        username: as docker shows it; a robot's is its organisation's handle, a plus and its own name.
        email: empty for a robot.
        generation: 0 for a robot.
        is_staff: whether the user is staff with all rights; a role of staff has none in the registry.
        account_ids: a robot's organisation; or the user's own account and the organisations for which they pull.
        editing_ids: a robot's organisation if it is limited to images; or the user's own account and the organisations for which they push.
        limited: whether it is for some images only; the policy looks up which.
    """

    pk: UUID
    scopes: tuple[str, ...]
    username: str
    email: str
    generation: int
    is_staff: bool
    account_ids: tuple[UUID, ...]
    editing_ids: tuple[UUID, ...]
    limited: bool

    @classmethod
    def of(cls, row: Sequence[Any]) -> Self:
        """Make one from a row of `CREDENTIAL_TEXTS`."""
        pk, scopes, username, email, generation, is_staff, account_ids, editing_ids, limited = row
        return cls(pk, tuple(scopes), username, email, generation, is_staff, tuple(account_ids), tuple(editing_ids), limited)

    @property
    def identity_token(self) -> str:
        """The identity token derived from it: the same as `identity_token_for` its row."""
        return identity_token(Identity(self.pk, self.generation))


@dataclass(frozen=True, slots=True)
class Lookup:
    """Which query finds the credential of a secret.

    Attributes:
        by: the key of its text in `CREDENTIAL_TEXTS`.
        values: its parameters.
    """

    by: str
    values: tuple[object, ...]


def lookup(secret: str) -> Lookup:
    """Return which query finds the credential of a secret: the same that `find_live_token` finds, without models.

    Text that has not the format of a secret also gets a query, which finds nothing: so that while the database is away, nobody learns
    that a secret is wrong.

    Args:
        secret: as for `find_live_token`.
    """
    if is_access_token(secret):
        return Lookup("hash", (array_literal(secret_hashes(secret)), timezone.now()))
    identity = read_identity_token(secret)
    if identity is None:
        return Lookup("hash", (array_literal([]), timezone.now()))
    return Lookup("identity", (identity.token_id, identity.generation, timezone.now()))


_CREDENTIAL = """
SELECT token.id, token.scopes,
       COALESCE(users.username, organisation.handle || '+' || token.name) AS username,
       COALESCE(users.email, '') AS email,
       COALESCE(users.credential_generation, 0) AS generation,
       COALESCE(users.is_staff AND users.is_superuser, false) AS is_staff,
       ARRAY(SELECT token.organisation_id WHERE token.organisation_id IS NOT NULL
              UNION ALL SELECT account.id FROM accounts_account account WHERE account.user_id = token.user_id
              UNION ALL SELECT membership.account_id FROM accounts_membership membership
                         WHERE membership.user_id = token.user_id AND membership.role IN ({{pulling_roles}})) AS account_ids,
       ARRAY(SELECT token.organisation_id WHERE token.organisation_id IS NOT NULL AND token.limited_to <> ''
              UNION ALL SELECT account.id FROM accounts_account account WHERE account.user_id = token.user_id
              UNION ALL SELECT membership.account_id FROM accounts_membership membership
                         WHERE membership.user_id = token.user_id AND membership.role IN ({{editing_roles}})) AS editing_ids,
       token.limited_to <> '' AS limited
  FROM {found}
  LEFT JOIN accounts_user users ON users.id = token.user_id
  LEFT JOIN accounts_account organisation ON organisation.id = token.organisation_id
 WHERE token.revoked_at IS NULL AND (users.is_active OR token.organisation_id IS NOT NULL)"""
CREDENTIAL_TYPES = {"hash": ("text[]", "timestamptz"), "identity": ("uuid", "bigint", "timestamptz")}
# One column for each field of `Credential`, so that other queries can join them. Which roles pull and push is decided in organisations,
# above this: the caller that makes a statement of a text fills in `pulling_roles` and `editing_roles`.
CREDENTIAL_TEXTS = {
    # A join with unnest() instead of = ANY(): PostgreSQL plans for ten items in any array, and then decides against the index.
    "hash": _CREDENTIAL.format(found="unnest($1) wanted (secret_hash) JOIN accounts_accesstoken token USING (secret_hash)")
    + " AND (token.expires_at IS NULL OR token.expires_at > $2)",
    "identity": _CREDENTIAL.format(found="accounts_accesstoken token")
    + " AND token.id = $1 AND COALESCE(users.credential_generation, 0) = $2 AND (token.expires_at IS NULL OR token.expires_at > $3)",
}


def find_live_token(secret: str) -> AccessToken | None:
    """Return the live access token of an active user with this secret, user and account joined; one query at most.

    Args:
        secret: an access token, or an identity token, which stands for the access token it was derived from.
    """
    if is_access_token(secret):
        return _find(Q(secret_hash__in=secret_hashes(secret)))
    identity = read_identity_token(secret)
    if identity is None:
        return None
    return _find(Q(pk=identity.token_id, user__credential_generation=identity.generation))


def _find(condition: Q) -> AccessToken | None:
    return live(AccessToken.objects.select_related("user__account")).filter(condition, user__is_active=True).order_by().first()


def live(tokens: QuerySet[AccessToken]) -> QuerySet[AccessToken]:
    """Return those of the tokens that have neither ended nor been revoked."""
    return tokens.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now()), revoked_at__isnull=True)


def live_tokens_of(user: User) -> QuerySet[AccessToken]:
    """Return the user's live tokens."""
    return live(user.access_tokens.all())


def tokens_of(user: User) -> QuerySet[AccessToken]:
    """Return the user's tokens as their page lists them: newest first, the ended ones too, at most 200."""
    return user.access_tokens.order_by("-created_at")[:LISTED]


def identity_token_for(token: AccessToken) -> str:
    """Return the token's identity token: the same each time until "log out everywhere", and invalid once the token itself is."""
    return identity_token(Identity(token.pk, token.generation))


def note_token_use(token: AccessToken | Credential) -> None:
    """Note in Redis that the token was used now; a task writes such notes to the database in batches. Never raises.

    A process notes a token once in `NOTE_EVERY` seconds, so "last used" may be too early by that much.
    """
    now = monotonic()
    if now - _noted_at.get(token.pk, -NOTE_EVERY) < NOTE_EVERY:
        return
    if len(_noted_at) >= _MOST_REMEMBERED:
        _noted_at.clear()  # costs one more note for each token
    _noted_at[token.pk] = now
    with suppress(RedisError), unless_away("token uses not noted"):
        redis_client().hset(redis_key(NOTED_USES), str(token.pk), str(timezone.now().timestamp()))


def find_token(secret: str) -> AccessToken | None:
    """Return the access token with this secret, whatever its state, with its owner joined; None if there never was one.

    Only for somebody who has the secret. An identity token stands for its access token; after "log out everywhere" it stands for nothing.
    """
    tokens = AccessToken.objects.select_related("user__account", "organisation")
    if is_access_token(secret):
        return tokens.filter(secret_hash__in=secret_hashes(secret)).first()
    identity = read_identity_token(secret)
    if identity is None:
        return None
    token = tokens.filter(pk=identity.token_id).first()
    return token if token and token.generation == identity.generation else None


def live_robots_of(organisation: Account) -> QuerySet[AccessToken]:
    """Return the organisation's live robots."""
    return live(organisation.robots.all())


def live_robots_made_by(user: User, organisation: Account) -> list[AccessToken]:
    """Return the live robots whose secrets the user has seen, by name: those that they made or replaced."""
    robots = list(live_robots_of(organisation).select_related("organisation").order_by("name", "created_at"))
    made = set(robot_creations(robots).filter(actor=user).values_list("target_id", flat=True))
    return [robot for robot in robots if str(robot.pk) in made]


def robot_creations(robots: list[AccessToken]) -> QuerySet[AuditEvent]:
    """Return the audit events of the robots' creation: each is by the user who made the robot, or replaced it with this one."""
    ids = [str(robot.pk) for robot in robots]
    return AuditEvent.objects.filter(target_type=AccessToken._meta.label_lower, target_id__in=ids, action="robot.created")
