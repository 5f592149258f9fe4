"""The only place where images in trouble are locked."""

from common.db.locking import require_atomic
from registry_auth.upkeep.models import RepositoryTrouble


def lock_trouble(*, trouble_id: int) -> RepositoryTrouble:
    """Lock the row of an image in trouble."""
    require_atomic()
    return RepositoryTrouble.objects.select_for_update(of=("self",)).select_related("image").get(pk=trouble_id)
