"""Subscriptions at Stripe, their invoices, and the customer portal (docs.stripe.com/api/subscriptions, …/customer-management)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import stripe

from billing.stripe import client
from common.money import Money

if TYPE_CHECKING:
    from stripe.params import SubscriptionUpdateParams


@dataclass(frozen=True, slots=True)
class Period:
    """A period that was paid: its invoice, the time that it is for, and what a coupon took off."""

    invoice_id: str
    intent_id: str
    amount: Money
    begins_at: datetime
    ends_at: datetime
    off: int = 0  # minor units of the amount's currency


@dataclass(frozen=True, slots=True)
class SubscriptionFacts:
    """How a subscription stands at Stripe at one moment.

    Attributes:
        status: Stripe's word.
        ends_with_period: it is not renewed.
        period_end: of the period that is counted now, paid or not.
        periods: those that were paid, newest first.
        ended_unpaid: Stripe has ended it because all attempts to charge for a period failed; not because somebody wanted it to end.
    """

    status: str
    ends_with_period: bool
    period_end: datetime
    periods: tuple[Period, ...]
    ended_unpaid: bool


def read_subscription(subscription_id: str) -> SubscriptionFacts:
    """Return how a subscription stands, with every period that was paid."""
    with client.api("subscriptions") as v1:
        found = v1.subscriptions.retrieve(subscription_id)
        periods = tuple(_paid_periods(v1, subscription_id))
    ends = max(item.current_period_end for item in found["items"].data)
    return SubscriptionFacts(
        status=found.status,
        ends_with_period=found.cancel_at_period_end,
        period_end=_moment(ends),
        periods=periods,
        ended_unpaid=found.cancellation_details is not None and found.cancellation_details.reason == "payment_failed",
    )


def _paid_periods(v1: stripe.V1Services, subscription_id: str) -> Iterator[Period]:
    listed = v1.invoices.list({"subscription": subscription_id, "status": "paid", "limit": 100, "expand": ["data.payments"]})
    for invoice in listed.auto_paging_iter():
        if invoice.amount_paid and (intent_id := intent_of(invoice)):
            yield period_of(invoice, intent_id)


def period_of(invoice: stripe.Invoice, intent_id: str) -> Period:
    """Return the time that an invoice is for: that of its lines, the last of which ends it."""
    lines = invoice.lines.data
    return Period(
        invoice_id=invoice.id,
        intent_id=intent_id,
        amount=Money(invoice.amount_paid, invoice.currency),
        begins_at=_moment(min(line.period.start for line in lines)),
        ends_at=_moment(max(line.period.end for line in lines)),
        off=sum(taken.amount for taken in invoice.total_discount_amounts or []),
    )


def intent_of(invoice: stripe.Invoice) -> str:
    """Return the payment intent that an invoice was paid with; empty if with none. The call has asked for `payments`."""
    for payment in invoice.payments.data if invoice.payments else []:
        intent = payment.payment.payment_intent
        if payment.status == "paid" and intent:
            return intent if isinstance(intent, str) else intent.id
    return ""


def intent_asked(invoice: stripe.Invoice) -> str:
    """Return the payment intent that an invoice was paid with, else the one that it is or was to be paid with; empty if with none.

    A bank debit is promised days before it comes, or does not. The call has asked for `payments`.
    """
    asked = [payment.payment.payment_intent for payment in (invoice.payments.data if invoice.payments else [])]
    unpaid = (intent if isinstance(intent, str) else intent.id for intent in asked if intent)
    return intent_of(invoice) or next(unpaid, "")


def subscription_of_invoice(invoice_id: str) -> str:
    """Return the id of the subscription that an invoice is for; empty if for none."""
    with client.api("subscriptions") as v1:
        return subscription_of(v1.invoices.retrieve(invoice_id))


def subscription_of(invoice: stripe.Invoice) -> str:
    """Return the id of the subscription that an invoice names."""
    details = invoice.parent.subscription_details if invoice.parent else None
    if details is None:
        return ""
    return details.subscription if isinstance(details.subscription, str) else details.subscription.id


def set_ending(subscription_id: str, *, ends: bool) -> None:
    """Have a subscription end with its period, or go on after it. The same again changes nothing."""
    with client.api("subscriptions") as v1:
        v1.subscriptions.update(subscription_id, {"cancel_at_period_end": ends})


def set_destination(subscription_id: str, *, destination: str, on_behalf_of_seller: bool) -> None:
    """Have later periods paid to another account of the seller's, who stays liable for the tax. The same again changes nothing.

    An invoice that is made already stays with the account that it was made for.
    """
    with client.api("subscriptions") as v1:
        found = v1.subscriptions.retrieve(subscription_id)
        params: SubscriptionUpdateParams = {
            "transfer_data": {"destination": destination},
            "on_behalf_of": destination if on_behalf_of_seller else "",
        }
        if found.automatic_tax.enabled:
            params["automatic_tax"] = {"enabled": True, "liability": {"type": "account", "account": destination}}
        v1.subscriptions.update(subscription_id, params)


def end_subscription(subscription_id: str) -> None:
    """End a subscription at once, if it has not ended. Nothing is given back for what is left of its period."""
    with client.api("subscriptions") as v1:
        if v1.subscriptions.retrieve(subscription_id).status not in {"canceled", "incomplete_expired"}:
            v1.subscriptions.cancel(subscription_id)


def portal_address(customer_id: str, *, return_url: str) -> str:
    """Return an address of the customer portal, where a customer changes their card and pays what is open; good for minutes."""
    with client.api("customer portal") as v1:
        return v1.billing_portal.sessions.create({"customer": customer_id, "return_url": return_url}).url


def first_invoice(v1: stripe.V1Services, session: stripe.checkout.Session) -> stripe.Invoice | None:
    """Return the invoice with which a Checkout Session in subscription mode was paid; None before."""
    if session.invoice is None:
        return None
    return v1.invoices.retrieve(session.invoice if isinstance(session.invoice, str) else session.invoice.id, {"expand": ["payments"]})


def customer_of(session: stripe.checkout.Session) -> str:
    """Return the id of the customer that a Checkout Session has made."""
    customer = session.customer
    return customer if isinstance(customer, str) else "" if customer is None else customer.id


def subscription_of_session(session: stripe.checkout.Session) -> str:
    """Return the id of the subscription that a Checkout Session has begun; empty before, and for a single payment."""
    begun = session.subscription
    return begun if isinstance(begun, str) else "" if begun is None else begun.id


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
