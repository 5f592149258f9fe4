"""What the worker does for names."""

from celery import shared_task
from django.utils import timezone

from marketplace.images.services.namespaces import end_empty_namespaces


@shared_task(name="marketplace.end_empty_namespaces")
def end_namespaces() -> int:
    """Let names of namespaces that stand empty be chosen again. Returns how many."""
    return end_empty_namespaces(now=timezone.now())
