"""What the worker does for robots and access tokens that end."""

from celery import shared_task
from django.utils import timezone

from accounts.robots import reminders


@shared_task(name="accounts.remind_of_ending_tokens")
def remind_of_ending_tokens() -> int:
    """Tell people of access tokens that end soon; any number of workers may run it at once. Returns how many were told of."""
    return reminders.remind_of_ending_tokens(now=timezone.now())
