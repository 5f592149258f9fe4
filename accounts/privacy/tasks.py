"""Daily jobs that delete personal data in time."""

from django.utils import timezone

from accounts.privacy.services import retention, unverified
from common.jobs import periodic

_DAY = 86_400


@periodic(every=_DAY, lane="default", limit=600)
def forget_old_personal_data() -> dict[str, int]:
    """Delete personal data that was kept long enough. Returns how many rows of each kind."""
    return retention.forget_old_personal_data(now=timezone.now())


@periodic(every=_DAY, lane="default", limit=600)
def forget_unverified_accounts() -> int:
    """Delete accounts whose address was not confirmed in time. Returns how many."""
    return unverified.forget_unverified_accounts(now=timezone.now())
