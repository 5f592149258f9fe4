"""What the worker does for names."""

from django.utils import timezone

from common.jobs import periodic
from marketplace.images.services import namespaces


@periodic(every=86_400, lane="default", limit=600)
def end_empty_namespaces() -> int:
    """End namespaces that have been empty for long. Returns how many."""
    return namespaces.end_empty_namespaces(now=timezone.now())
