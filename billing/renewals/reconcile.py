"""A subscription is brought in line with Stripe, by whoever hears of it first."""

import logging
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.utils import timezone

from audit.services import record_audit
from billing.orders.models import Order, OrderImage
from billing.orders.state import UNPAID_STATES
from billing.payments.periods import COPIED, WRITTEN_AT_END, bring_access_in_line, end_if_given_back, given_image_ids
from billing.payments.reconcile import reconcile_order
from billing.renewals.mails import queue_subscription_mail
from billing.renewals.period_orders import note_sold, sale_of_period
from billing.renewals.seller_accounts import follow_seller
from billing.stripe.subscriptions import Period, SubscriptionFacts, end_subscription, read_subscription
from billing.subscriptions.locks import lock_subscription
from billing.subscriptions.models import Subscription
from billing.subscriptions.terms import reduced_terms
from common.db.errors import LockTimeout
from common.db.locking import locked_transaction
from common.ops.tracing import span
from marketplace.images.locks import lock_images

logger = logging.getLogger(__name__)
State = Subscription.State
_ATTEMPTS: Final = 10
# The draft of a period is charged an hour after the last one has ended (Stripe, "Subscription invoices").
_WRITTEN: Final = (
    "state", "ends_with_period", "period_end", "access_until", "part_until", "failed_at", "ended_at", "revision", "attempts", "last_error",
    "given_up_at", "due_at",
)  # fmt: skip
_AFTER_PERIOD: Final = timedelta(hours=2)
_LATEST: Final = timedelta(days=1)
STATES: Final = {
    "trialing": State.ACTIVE,
    "active": State.ACTIVE,
    "past_due": State.PAST_DUE,
    "incomplete": State.UNPAID,
    "unpaid": State.UNPAID,
    "paused": State.UNPAID,
    "incomplete_expired": State.ENDED,
    "canceled": State.ENDED,
}


def reconcile_subscription(*, subscription_id: UUID, now: datetime | None = None) -> Subscription:
    """Bring the subscription in line with what Stripe says of it now: the one way in which webhook, page and sweep change it.

    Each period that was paid becomes an order, which is reconciled like any other. Idempotent, and safe in any number of threads.

    Raises:
        StripeAway: nothing changed, or a part of it that is done again the next time.
        StripeRefused: Stripe does not know it.
        LockTimeout: others keep reconciling the same subscription; retryable.
    """
    with span("reconcile subscription", subscription=str(subscription_id)):
        for _ in range(_ATTEMPTS):
            before = Subscription.objects.select_related("seller").get(pk=subscription_id)
            if before.end_wanted_at is not None and before.running:
                end_subscription(before.stripe_subscription_id)
            facts = read_subscription(before.stripe_subscription_id)
            for period in reversed(facts.periods):
                _take_period(before, period)
            if follow_seller(before, facts, now=now or timezone.now()):  # the periods before have their old account
                continue
            after = _apply(before, facts, now or timezone.now())
            if after is not None:
                return after
        raise LockTimeout


def _take_period(subscription: Subscription, period: Period) -> None:
    """Have an order for a period that was paid, and bring it in line unless it is."""
    order = Order.objects.filter(invoice_id=period.invoice_id).first() or _add_order(subscription, period)
    if order is not None and order.state in UNPAID_STATES and order.flagged_at is None:
        reconcile_order(order_id=order.pk)


def _add_order(subscription: Subscription, period: Period) -> Order | None:
    """Add the order of a later period, with what it sold; None while the first one is not in line itself.

    It is not paid until its payment has been read, and it never was to be paid here: so it begins as one that was not.
    """
    first = subscription.orders.order_by("created_at").first()
    if first is None or first.invoice_id is None:
        return None
    now = timezone.now()
    sale = sale_of_period(subscription, period)
    terms = reduced_terms(subscription, sale.terms, sale.off) | {"product_title": sale.title}
    copied = terms | {field: getattr(subscription, field) for field in COPIED if field not in {*terms, "price"}}
    row = Order(
        **copied, subscription=subscription, state=Order.State.FAILED, checkout_expires_at=now, due_at=now, closed_at=now,
        invoice_id=period.invoice_id, period_start=period.begins_at, period_end=period.ends_at,
        refund_days=first.refund_days, sold_page_id=first.sold_page_id,
    )  # fmt: skip
    with locked_transaction():
        # The constraint decides which of two that hear of it at once has added it.
        Order.objects.bulk_create([row], ignore_conflicts=True)
        order = Order.objects.get(invoice_id=period.invoice_id)
        if order.pk == row.pk:
            OrderImage.objects.bulk_create(sale.images(order))
            note_sold(subscription, sale, order)
    return order


def _apply(before: Subscription, facts: SubscriptionFacts, now: datetime) -> Subscription | None:
    """Write how it stands; None if somebody else has meanwhile, or if Stripe is to end it first: then it is asked again."""
    sold = OrderImage.objects.filter(order__subscription=before).values_list("image_id", flat=True)
    with locked_transaction():
        images = lock_images(image_ids=set(sold) | given_image_ids(before.pk))
        row = lock_subscription(subscription_id=before.pk)
        if row.revision != before.revision:
            return None
        if end_if_given_back(row):
            row.save(update_fields=WRITTEN_AT_END)
            return None
        was, known = State(row.state), facts.status in STATES
        if not known:
            logger.error("subscription in an unknown state", extra={"subscription": str(row.pk), "status": facts.status})
        row.state = STATES.get(facts.status, was)
        row.ends_with_period, row.period_end, row.revision = facts.ends_with_period, facts.period_end, row.revision + 1
        row.attempts, row.last_error, row.given_up_at = 0, "", None
        if row.state == State.ENDED:
            row.ended_at = row.ended_at or now
        else:
            row.failed_at = None if row.state == State.ACTIVE else row.failed_at or now
        bring_access_in_line(row, images, now=now)
        row.due_at = _next_look(row, now)
        row.save(update_fields=_WRITTEN)
        if row.state != was:
            record_audit(actor=None, action=f"subscription.{row.state}", target=row, reason=row.end_reason)
            queue_subscription_mail(row, was=was, unpaid=facts.ended_unpaid)
    return row


def _next_look(subscription: Subscription, now: datetime) -> datetime:
    """When the sweep asks again, should no webhook come: soon after the period has ended, daily while something is not paid.

    At once where it is to end: that was decided while Stripe was asked how it stands.
    """
    if subscription.end_wanted_at is not None:
        return now
    ends = subscription.period_end
    return ends + _AFTER_PERIOD if ends and ends > now and subscription.state == State.ACTIVE else now + _LATEST
