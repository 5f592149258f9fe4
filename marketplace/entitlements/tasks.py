"""What the worker does for pull access that was given for a time."""

from django.utils import timezone

from common.jobs import periodic
from marketplace.entitlements.services import ending


@periodic(every=60, lane="default", limit=120)
def end_entitlements() -> int:
    """Mark what has ended. Returns how many rows."""
    return ending.end_entitlements(now=timezone.now())


@periodic(every=3600, lane="mail", limit=120)
def remind_of_ends() -> int:
    """Tell holders of what ends soon. Returns how many mails were about."""
    return ending.remind_of_ends(now=timezone.now())
