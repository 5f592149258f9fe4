"""A subscription gets a dearer price in the middle of a period, which counts once the difference is paid.

docs.stripe.com/billing/subscriptions/pending-updates, docs.stripe.com/api/invoices/create_preview
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, cast
from uuid import UUID

import stripe

from billing.stripe import client
from billing.stripe.errors import StripeRefused
from billing.stripe.fields import expanded
from billing.stripe.subscription_prices import item_of, price_params
from common.money import Money

if TYPE_CHECKING:
    from stripe.params import PriceCreateParams


@dataclass(frozen=True, slots=True)
class Difference:
    """What a change of price comes to for the rest of a period, and what it was worked out from.

    Attributes:
        charge: what would be charged at once; nothing, where it is too little for Stripe or to the customer's credit.
        fee: our part of it, by the percentage that the subscription has.
        was: what each period costs as it stands at Stripe.
        at: from when the rest of the period is counted.
    """

    charge: Money
    fee: Money
    was: Money
    at: datetime
    period_end: datetime


@dataclass(frozen=True, slots=True)
class DifferenceInvoice:
    """How the invoice of a difference stands.

    Attributes:
        holder_needed: the bank wants the card's holder to confirm the payment, at `pay_url`, or is at it.
    """

    status: str
    holder_needed: bool
    pay_url: str


def preview_difference(subscription_id: str, *, price: Money, at: datetime) -> Difference:
    """Return what Stripe would charge at once for another price, counted from this moment. Nothing is changed.

    By Stripe's clock the period may have begun a moment later: then it is counted from its beginning.

    Raises:
        StripeRefused: it has ended, or the moment is after the period that runs.
    """
    with client.api("subscriptions") as v1:
        found = v1.subscriptions.retrieve(subscription_id)
        item = item_of(found)
        moment = max(int(at.timestamp()), item.current_period_start)
        invoice = v1.invoices.create_preview(
            {
                "subscription": subscription_id,
                "subscription_details": {
                    "items": [{"id": item.id, "price_data": price_params(item.price, price)}],
                    "proration_behavior": "always_invoice",
                    "proration_date": moment,
                },
            }
        )
    charge = Money(invoice.amount_due, invoice.currency)
    return Difference(
        charge=charge,
        fee=_fee(Decimal(str(found.application_fee_percent or 0)), Money(max(invoice.total, 0), invoice.currency), charge),
        was=Money(item.price.unit_amount or 0, item.price.currency),
        at=datetime.fromtimestamp(moment, UTC),
        period_end=datetime.fromtimestamp(item.current_period_end, UTC),
    )


def _fee(percent: Decimal, total: Money, charge: Money) -> Money:
    taken = int((percent * total.minor / 100).quantize(Decimal(1), ROUND_HALF_UP))
    return min(Money(taken // total.step.minor * total.step.minor, total.currency), charge)


def charge_difference(subscription_id: str, *, key: UUID, price: Money, was: Money, period_end: datetime, at: datetime) -> str:
    """Have the subscription cost another price once the difference is paid, and charge that; return the invoice.

    The same again charges nothing again: what was asked for by an answer that was lost is found there. Empty, and nothing done, if the
    subscription is not as it was shown any more.

    Args:
        key: of this change; two requests with it at once are one.
        was: what it costs now, as it was shown.
        period_end: of the period of which the rest is paid.
        at: from when the rest is counted.
    """
    with client.api("subscriptions") as v1:
        found = v1.subscriptions.retrieve(subscription_id, {"expand": ["latest_invoice"]})
        latest = expanded(found.latest_invoice)
        if latest is not None and _is_for(latest, at):
            return latest.id
        if not _stands(found, was, period_end):
            return ""
        item = item_of(found)
        made = v1.prices.create(cast("PriceCreateParams", price_params(item.price, price)), {"idempotency_key": f"upgrade-price-{key}"})
        changed = v1.subscriptions.update(
            subscription_id,
            {
                "items": [{"id": item.id, "price": made.id}],
                "payment_behavior": "pending_if_incomplete",
                "proration_behavior": "always_invoice",
                "proration_date": int(at.timestamp()),
            },
            {"idempotency_key": f"upgrade-{key}"},
        )
    latest_id = changed.latest_invoice
    return latest_id if isinstance(latest_id, str) else latest_id.id if latest_id else ""


def _is_for(invoice: stripe.Invoice, at: datetime) -> bool:
    """Whether it charges what was asked for from this moment on; one that was given up does not."""
    begins = {line.period.start for line in invoice.lines.data}
    return invoice.status in {"open", "paid"} and invoice.billing_reason == "subscription_update" and begins == {int(at.timestamp())}


def _stands(subscription: stripe.Subscription, was: Money, period_end: datetime) -> bool:
    """Whether it is as it was when the difference was worked out."""
    item = item_of(subscription)
    same = Money(item.price.unit_amount or 0, item.price.currency) == was and item.current_period_end == int(period_end.timestamp())
    return same and subscription.status == "active" and not subscription.cancel_at_period_end and subscription.pending_update is None


def read_difference_invoice(invoice_id: str) -> DifferenceInvoice:
    """Return how the invoice of a difference stands."""
    with client.api("subscriptions") as v1:
        invoice = v1.invoices.retrieve(invoice_id, {"expand": ["payments.data.payment.payment_intent"]})
    payments = invoice.payments.data if invoice.payments else []
    intents = [expanded(payment.payment.payment_intent) for payment in payments]
    waiting = any(intent is not None and intent.status in {"requires_action", "processing"} for intent in intents)
    return DifferenceInvoice(status=invoice.status or "", holder_needed=waiting, pay_url=invoice.hosted_invoice_url or "")


def void_difference(invoice_id: str) -> None:
    """Give up the invoice of a difference, and the change with it; nothing if it was paid or given up already."""
    with suppress(StripeRefused), client.api("subscriptions") as v1:
        v1.invoices.void_invoice(invoice_id)
