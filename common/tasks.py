"""Housekeeping that belongs to no app of ours."""

from django.contrib.sessions.models import Session
from django.utils import timezone

from common.db.deletion import delete_in_batches
from common.db.exclusive import forget_unfinished
from common.jobs import periodic
from common.web.rate_limits import forget_ended


@periodic(every=86_400, lane="batch", limit=600)
def clear_sessions() -> int:
    """Delete sessions that have run out, however many strangers have begun. Returns how many."""
    return delete_in_batches(Session.objects.filter(expire_date__lt=timezone.now()).order_by("expire_date"))


@periodic(every=86_400, lane="batch", limit=300)
def forget_unfinished_acts() -> int:
    """Delete what processes that died in the middle of an exclusive act have left. Returns how many."""
    return forget_unfinished()


@periodic(every=3600, lane="batch", limit=300)
def forget_rate_limit_counts() -> int:
    """Delete counts of acts whose time is over. Returns how many."""
    return forget_ended()
