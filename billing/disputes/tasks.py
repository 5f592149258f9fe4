"""What the worker does about disputes."""

from celery import shared_task
from django.utils import timezone

from billing.disputes import staff_mail


@shared_task(name="billing.remind_of_disputes")
def remind_of_disputes() -> int:
    """Remind staff of disputes whose deadline is near; any number of workers may run it at once. Returns how many."""
    return staff_mail.remind_of_disputes(now=timezone.now())
