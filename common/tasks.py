"""Housekeeping that belongs to no app of ours."""

from celery import shared_task
from django.core.management import call_command

from common.leases import lease_of_job


@shared_task(name="common.clear_sessions")
def clear_sessions() -> None:
    """Remove sessions that have run out; one worker at a time."""
    with lease_of_job("common.clear_sessions") as held:
        if held:
            call_command("clearsessions")
