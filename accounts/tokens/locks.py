"""The only place where access tokens are locked."""

from collections.abc import Collection
from uuid import UUID

from accounts.tokens.models import AccessToken
from common.db.locking import locked


def lock_token(*, token_id: UUID) -> AccessToken:
    """Lock the access token for this transaction."""
    return locked(AccessToken.objects.filter(pk=token_id)).get()


def lock_tokens(*, token_ids: Collection[str]) -> None:
    """Lock these access tokens for this transaction, in the order of their ids."""
    list(locked(AccessToken.objects.filter(pk__in=token_ids).order_by("pk")).values_list("pk"))
