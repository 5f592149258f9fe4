"""What the worker mails to buyers."""

from django.utils import timezone

from common.jobs import periodic
from marketplace.updates import services


@periodic(every=300, lane="batch", limit=240)
def mail_new_versions() -> int:
    """Queue mails about new versions. Returns how many."""
    return services.mail_new_versions(now=timezone.now())
