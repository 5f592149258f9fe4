"""People and mail in staff's overview."""

from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone

from accounts.people.models import User
from accounts.sellers.models import SellerProfile
from common.admin.overview import Fact, page_of_rows, panel
from outbox.mail.models import OutgoingMail


@panel("People", permission="accounts.view_user")
def people() -> Iterator[Fact]:
    """Count sign-ups and sellers."""
    now, users = timezone.now(), page_of_rows(User)
    for label, days in (("Sign-ups in a day", 1), ("in 7 days", 7), ("in 30 days", 30)):
        yield Fact(label, f"{User.objects.filter(date_joined__gt=now - timedelta(days=days)).count():,}", users)
    suspended = SellerProfile.objects.filter(suspended_at__isnull=False).count()
    yield Fact("Suspended sellers", f"{suspended:,}", page_of_rows(SellerProfile, suspended_at__isempty=0))


@panel("Mail", permission="outbox.view_outgoingmail")
def mail() -> Iterator[Fact]:
    """Count what waits to be sent, and what cannot be."""
    unsent = OutgoingMail.objects.filter(sent_at__isnull=True)
    given_up = unsent.filter(given_up_at__isnull=False).count()
    yield Fact("Waiting to be sent", f"{unsent.filter(given_up_at__isnull=True).count():,}", page_of_rows(OutgoingMail))
    yield Fact("Given up", f"{given_up:,}", page_of_rows(OutgoingMail, given_up_at__isempty=0), alarming=given_up > 0)
