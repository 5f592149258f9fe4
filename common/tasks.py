"""Housekeeping that belongs to no app of ours."""

from celery import shared_task
from django.core.management import call_command


@shared_task(name="common.clear_sessions")
def clear_sessions() -> None:
    """Remove sessions that have run out."""
    call_command("clearsessions")
