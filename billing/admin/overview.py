"""Sales, and money that waits, in staff's overview."""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from billing.disputes.models import Dispute
from billing.inbox.models import StripeEvent
from billing.inbox.selectors import inbox_state
from billing.orders.models import Order
from billing.reconciliation.models import Difference, Statement
from billing.refunds.models import Refund
from billing.stripe.payment_data import NEEDS_RESPONSE
from common.admin.overview import Fact, page_of_rows, panel
from marketplace.insights.figures import figures_of, last_whole_day
from marketplace.insights.periods import Unit


@panel("Sales", permission="billing.view_order")
def sales() -> Iterator[Fact]:
    """Show the month so far, until yesterday, beside the same days of the month before."""
    figures = figures_of(seller_id=None, unit=Unit.MONTH, until=last_whole_day())
    now, before = figures.current, figures.before
    orders = page_of_rows(Order)
    for code in figures.currencies:
        yield Fact(f"Revenue of {now.begins:%B}, {code.upper()}", f"{now.revenue(code)}, before {before.revenue(code)}", orders)
    yield Fact(f"Orders of {now.begins:%B}", f"{now.orders:,}, before {before.orders:,}", orders)
    yield Fact(f"Refunds and disputes of {now.begins:%B}", f"{now.refunds:,}, before {before.refunds:,}", page_of_rows(Refund))


@panel("Money that waits", permission="billing.view_stripeevent")
def waiting() -> Iterator[Fact]:
    """Count what Stripe has told and was not handled, what it has not confirmed, and what staff must look at."""
    now = timezone.now()
    inbox = inbox_state(now=now)
    yield Fact("Stripe events that wait", f"{inbox.waiting:,}", page_of_rows(StripeEvent, state="waiting"), alarming=inbox.is_late(now=now))
    yield _alarm("Stripe events that failed", inbox.given_up, page_of_rows(StripeEvent, state="failed"))
    refunds = Refund.objects.filter(state=Refund.State.WAITING)
    yield Fact("Refunds not confirmed", f"{refunds.count():,}", page_of_rows(Refund, state__exact="waiting"))
    failed = Refund.objects.filter(state=Refund.State.FAILED).count()
    yield _alarm("Refunds failed", failed, page_of_rows(Refund, state__exact="failed"))
    flagged = Order.objects.filter(flagged_at__isnull=False).count()
    yield _alarm("Orders to check", flagged, page_of_rows(Order, flagged_at__isempty=0))
    yield _alarm("Disputes without an answer", Dispute.objects.filter(status__in=NEEDS_RESPONSE).count(), page_of_rows(Dispute))


@panel("Books", permission="billing.view_difference")
def books() -> Iterator[Fact]:
    """Count where Stripe and the books differ, and the balances that were not compared for two nights."""
    differences = Difference.objects.filter(ended_at__isnull=True).count()
    yield _alarm("Differences of the books", differences, page_of_rows(Difference, ended_at__isempty=1))
    two_nights_ago = timezone.now() - timedelta(days=2)
    late = Statement.objects.filter(Q(given_up_at__isnull=False) | Q(due_at__lt=two_nights_ago), closed_at__isnull=True).count()
    yield _alarm("Balances not compared", late, page_of_rows(Statement))


def _alarm(label: str, count: int, url: str) -> Fact:
    return Fact(label, f"{count:,}", url, alarming=count > 0)
