"""What the worker does for robots and access tokens that end."""

from django.utils import timezone

from accounts.robots import reminders
from common.jobs import periodic


@periodic(every=3600, lane="default", limit=300)
def remind_of_ending_tokens() -> int:
    """Tell people of access tokens that end soon; any number of workers may run it at once. Returns how many were told of."""
    return reminders.remind_of_ending_tokens(now=timezone.now())
