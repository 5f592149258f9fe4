"""The only place where images in trouble are locked."""

from common.db.locking import locked
from registry_auth.upkeep.models import RepositoryTrouble


def lock_trouble(*, trouble_id: int) -> RepositoryTrouble:
    """Lock the row of an image in trouble."""
    return locked(RepositoryTrouble.objects.filter(pk=trouble_id).select_related("image")).get()
