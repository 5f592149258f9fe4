"""Whose documents are whose."""

from datetime import UTC, date
from uuid import UUID

from django.db.models import Min, Q, QuerySet

from accounts.organisations.buying import buyers_of
from accounts.people.models import User
from accounts.sellers.models import SellerProfile
from billing.invoices.models import Document
from common.months import bounds


def current_invoice(order_id: UUID) -> Document | None:
    """Return the invoice or receipt of an order that counts: the corrected one where it was corrected."""
    found = Document.objects.filter(order=order_id, refund=None, dispute=None).exclude(kind=Document.Kind.CREDIT_NOTE)
    return found.select_related("order").order_by("-issued_at", "-serial").first()


def documents_seen_by(user: User) -> QuerySet[Document]:
    """Return what the user, or an organisation whose money they see, has bought or sold."""
    accounts = buyers_of(user)
    return Document.objects.filter(Q(buyer__in=accounts) | Q(seller__in=[account.pk for account in accounts])).select_related("order")


def sold_in_month(seller: SellerProfile, month: date) -> QuerySet[Document]:
    """Return a seller's documents of a month of UTC, in the order of their numbers."""
    found = Document.objects.filter(seller=seller, issued_at__range=bounds(month))
    return found.select_related("order", "corrects").order_by("year", "serial")


def first_month(seller: SellerProfile) -> date | None:
    """Return the first day of the month in which the seller's documents begin."""
    first = Document.objects.filter(seller=seller).aggregate(first=Min("issued_at"))["first"]
    return None if first is None else first.astimezone(UTC).date().replace(day=1)
