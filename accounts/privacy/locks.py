"""The only place where archives are locked, besides their claim."""

from uuid import UUID

from accounts.privacy.models import DataExport
from common.db.locking import locked


def lock_export(*, export_id: UUID) -> DataExport | None:
    """Lock an archive's row for this transaction, if it is still there."""
    return locked(DataExport.objects.filter(pk=export_id).defer("content")).first()
