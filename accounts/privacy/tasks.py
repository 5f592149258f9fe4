"""What the worker does so that personal data is not kept for ever."""

from celery import shared_task
from django.utils import timezone

from accounts.privacy.services.retention import forget_old_personal_data
from accounts.privacy.services.unverified import forget_unverified_accounts
from common.db.leases import lease_of_job


@shared_task(name="accounts.forget_old_personal_data")
def forget_old_data() -> dict[str, int]:
    """Let go of personal data that was kept long enough; one worker at a time."""
    with lease_of_job("accounts.forget_old_personal_data") as held:
        return forget_old_personal_data(now=timezone.now()) if held else {}


@shared_task(name="accounts.forget_unverified_accounts")
def forget_unverified() -> int:
    """Delete accounts whose address was not confirmed in time. Returns how many."""
    return forget_unverified_accounts(now=timezone.now())
