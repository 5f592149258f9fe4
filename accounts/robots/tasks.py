"""The worker's task for access tokens and robots that end soon."""

from django.utils import timezone

from accounts.robots import reminders
from common.jobs import periodic


@periodic(every=3600, lane="batch", limit=300)
def remind_of_ending_tokens() -> int:
    """Remind people of access tokens that end soon; any number of workers may run it at once. Returns the number of reminders."""
    return reminders.remind_of_ending_tokens(now=timezone.now())
