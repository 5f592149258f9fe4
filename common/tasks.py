"""Housekeeping that belongs to no app of ours."""

from datetime import timedelta

from celery import shared_task
from django.core.management import call_command

from common.leases import lease


@shared_task(name="common.clear_sessions")
def clear_sessions() -> None:
    """Remove sessions that have run out; one worker at a time."""
    with lease("common.clear_sessions", lasting=timedelta(minutes=5)) as held:
        if held:
            call_command("clearsessions")
