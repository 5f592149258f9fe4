"""What the worker forgets of reports."""

from django.utils import timezone

from common.jobs import periodic
from marketplace.moderation import services


@periodic(every=86400, lane="batch", limit=120)
def forget_reporters() -> int:
    """Delete old addresses of visitors who reported something. Returns how many."""
    return services.forget_reporters(now=timezone.now())
