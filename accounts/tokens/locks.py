"""The only place where access tokens are locked."""

from collections.abc import Collection
from uuid import UUID

from accounts.tokens.models import AccessToken
from common.db.locking import require_atomic


def lock_token(*, token_id: UUID) -> AccessToken:
    """Lock the access token for this transaction."""
    require_atomic()
    return AccessToken.objects.select_for_update(of=("self",), no_key=True).get(pk=token_id)


def lock_tokens(*, token_ids: Collection[str]) -> None:
    """Lock these access tokens for this transaction, in the order of their ids."""
    require_atomic()
    list(AccessToken.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=token_ids).order_by("pk").values_list("pk"))
