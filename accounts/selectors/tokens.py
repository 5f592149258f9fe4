"""Finding the access token that a secret opens, and noting that it was used. Neither writes to the database."""

import logging

from django.db.models import Q, QuerySet
from django.utils import timezone
from redis.exceptions import RedisError

from accounts import credentials
from accounts.models import AccessToken, User
from common.redis import redis_client, redis_key

logger = logging.getLogger(__name__)
LISTED = 200
NOTED_USES = "noted-token-uses"  # Redis hash: access token id → seconds since 1970


def find_live_token(secret: str) -> AccessToken | None:
    """Return the live access token of an active user that the secret opens, user and account joined; one query at most.

    Args:
        secret: an access token, or an identity token, which stands for the access token it was derived from.
    """
    if credentials.is_access_token(secret):
        return _find(Q(secret_hash__in=credentials.secret_hashes(secret)))
    identity = credentials.read_identity_token(secret)
    if identity is None:
        return None
    return _find(Q(pk=identity.token_id, user__credential_generation=identity.generation))


def _find(condition: Q) -> AccessToken | None:
    return _live(AccessToken.objects.select_related("user__account")).filter(condition, user__is_active=True).order_by().first()


def _live(tokens: QuerySet[AccessToken]) -> QuerySet[AccessToken]:
    return tokens.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now()), revoked_at__isnull=True)


def live_tokens_of(user: User) -> QuerySet[AccessToken]:
    """Return the user's tokens that open something now."""
    return _live(user.access_tokens.all())


def tokens_of(user: User) -> QuerySet[AccessToken]:
    """Return the user's tokens as their page lists them: newest first, the ended ones too, at most 200."""
    return user.access_tokens.order_by("-created_at")[:LISTED]


def identity_token_for(token: AccessToken) -> str:
    """Return the token's identity token: the same each time until "log out everywhere", dead with the token itself."""
    return credentials.identity_token(credentials.Identity(token.pk, token.user.credential_generation))


def note_token_use(token: AccessToken) -> None:
    """Note in Redis that the token was used now; a task writes such notes to the database in batches. Never raises."""
    try:
        redis_client().hset(redis_key(NOTED_USES), str(token.pk), str(timezone.now().timestamp()))
    except RedisError:
        logger.warning("token use not noted: Redis away")
