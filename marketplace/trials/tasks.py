"""What the worker does for trials."""

from django.utils import timezone

from common.jobs import periodic
from marketplace.trials.services import ending


@periodic(every=60, lane="mail", limit=120)
def end_trials() -> int:
    """Mark trials whose time is over and tell their holders. Returns how many."""
    return ending.end_trials(now=timezone.now())


@periodic(every=3600, lane="mail", limit=120)
def remind_of_trials() -> int:
    """Tell holders of trials that end soon. Returns how many."""
    return ending.remind_of_trials(now=timezone.now())
