"""The only place where flags are locked."""

from uuid import UUID

from common.db.locking import locked
from marketplace.resale.models import ResaleFlag


def lock_flag(*, flag_id: UUID) -> ResaleFlag:
    """Lock a flag for this transaction. Whoever closes it must hold this lock."""
    return locked(ResaleFlag.objects.filter(pk=flag_id)).get()
