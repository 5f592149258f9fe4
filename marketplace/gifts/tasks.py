"""What the worker does for gifts."""

from django.utils import timezone

from common.jobs import periodic
from marketplace.gifts.services import expiry


@periodic(every=3600, lane="mail", limit=120)
def tell_of_unclaimed_gifts() -> int:
    """Tell buyers of the gifts that nobody has claimed in time. Returns how many."""
    return expiry.tell_of_unclaimed_gifts(now=timezone.now())
