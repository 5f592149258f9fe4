"""What the worker does about disputes."""

from django.utils import timezone

from billing.disputes import staff_mail
from common.jobs import periodic


@periodic(every=3600, lane="default", limit=60)
def remind_of_disputes() -> int:
    """Remind staff of disputes whose deadline is near; any number of workers may run it at once. Returns how many."""
    return staff_mail.remind_of_disputes(now=timezone.now())
