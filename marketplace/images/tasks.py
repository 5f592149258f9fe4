"""What the worker does for names."""

from django.utils import timezone

from common.jobs import periodic
from marketplace.images.services import leading_tags, namespaces


@periodic(every=86_400, lane="batch", limit=600)
def end_empty_namespaces() -> int:
    """End namespaces that have been empty for long. Returns how many."""
    return namespaces.end_empty_namespaces(now=timezone.now())


@periodic(every=600, lane="batch", limit=300)
def repair_leading_tags() -> int:
    """Correct which tags pages lead with, of the next images in turn. Returns how many were wrong."""
    return leading_tags.repair_leading_tags()
