"""Jobs that delete personal data in time, and that make the archives which people ask for."""

from django.utils import timezone

from accounts.privacy.services import export, retention, unverified
from common.jobs import periodic

_DAY = 86_400
_ARCHIVES_PER_RUN = 20


@periodic(every=_DAY, lane="batch", limit=600)
def forget_old_personal_data() -> dict[str, int]:
    """Delete personal data that was kept long enough. Returns how many rows of each kind."""
    return retention.forget_old_personal_data(now=timezone.now())


@periodic(every=_DAY, lane="batch", limit=600)
def forget_unverified_accounts() -> int:
    """Delete accounts whose address was not confirmed in time. Returns how many."""
    return unverified.forget_unverified_accounts(now=timezone.now())


@periodic(every=60, lane="batch", limit=300)
def make_data_exports() -> int:
    """Make the archives that people asked for. Returns how many were tried."""
    return export.make_data_exports(most=_ARCHIVES_PER_RUN)
