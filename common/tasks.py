"""Housekeeping that belongs to no app of ours."""

from celery import shared_task
from django.core.management import call_command

from common.db.leases import lease_of_job
from common.web.rate_limits import forget_ended


@shared_task(name="common.clear_sessions")
def clear_sessions() -> None:
    """Remove sessions that have run out; one worker at a time."""
    with lease_of_job("common.clear_sessions") as held:
        if held:
            call_command("clearsessions")


@shared_task(name="common.forget_paces")
def forget_paces() -> int:
    """Delete counts of acts whose time is over. Returns how many."""
    return forget_ended()
