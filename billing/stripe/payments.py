"""Payments as Stripe has them now, and which order an object at Stripe belongs to."""

from dataclasses import replace
from datetime import UTC, datetime

import stripe

from billing.stripe import client
from billing.stripe.fields import expanded, metadata_value
from billing.stripe.movement_data import Movement
from billing.stripe.movements import OF_A_SESSION, OF_AN_INTENT, OF_REFUNDS, read_movements
from billing.stripe.payment_data import Payment, StripeDispute, StripeRefund, Subscribed
from billing.stripe.subscriptions import (
    customer_of,
    first_invoice,
    intent_asked,
    intent_of,
    period_of,
    subscription_of,
    subscription_of_session,
)
from billing.stripe.taxes import OF_A_SESSION as TAXES_OF_A_SESSION
from billing.stripe.taxes import billing_party_of, party_of_invoice, taxes_of, taxes_of_invoice
from common.money import Money


def read_payment(session_id: str) -> Payment:
    """Return what Stripe says now of a Checkout Session, its payment, its refunds and its disputes, and what was moved for them."""
    with client.api("payments") as v1:
        session = v1.checkout.sessions.retrieve(session_id, {"expand": [*OF_A_SESSION, TAXES_OF_A_SESSION]})
        invoice = first_invoice(v1, session)
        intent = _intent(v1, intent_asked(invoice)) if invoice else expanded(session.payment_intent)
        known = Payment(
            session_id=session.id,
            order_id=metadata_value(session.metadata, "order_id"),
            reference=session.client_reference_id or "",
            livemode=session.livemode,
            status=session.status or "",
            paid=session.payment_status == "paid",
            amount=_amount(session, intent),
            refunded=Money(0, session.currency or ""),
            taxes=taxes_of(session),
            billing_party=billing_party_of(session),
            subscribed=_subscribed(invoice, subscription_of_session(session), customer_of(session)) if invoice else None,
        )
        return _with_money(v1, known, intent)


def read_period(invoice_id: str) -> Payment:
    """Return what Stripe says now of a later period of a subscription: the same of its invoice."""
    with client.api("payments") as v1:
        invoice = v1.invoices.retrieve(invoice_id, {"expand": ["payments"]})
        intent = _intent(v1, intent_of(invoice))
        customer = invoice.customer if isinstance(invoice.customer, str) else ""
        known = Payment(
            session_id="",
            order_id="",
            reference="",
            livemode=invoice.livemode,
            status="complete",
            paid=invoice.status == "paid",
            amount=Money(intent.amount if intent else invoice.amount_due, invoice.currency),
            refunded=Money(0, invoice.currency),
            taxes=taxes_of_invoice(v1, invoice),
            billing_party=party_of_invoice(invoice),
            subscribed=_subscribed(invoice, subscription_of(invoice), customer),
        )
        return _with_money(v1, known, intent)


def _intent(v1: stripe.V1Services, intent_id: str) -> stripe.PaymentIntent | None:
    return v1.payment_intents.retrieve(intent_id, {"expand": OF_AN_INTENT}) if intent_id else None


def _subscribed(invoice: stripe.Invoice, subscription_id: str, customer_id: str) -> Subscribed:
    period = period_of(invoice, "")
    return Subscribed(
        subscription_id=subscription_id,
        customer_id=customer_id,
        invoice_id=invoice.id,
        begins_at=period.begins_at,
        ends_at=period.ends_at,
    )


def _with_money(v1: stripe.V1Services, known: Payment, intent: stripe.PaymentIntent | None) -> Payment:
    """Return what is known of a payment with what became of it."""
    charge = expanded(intent.latest_charge) if intent else None
    refunds, disputes, movements = _after(v1, intent, charge) if intent and charge else ([], [], ())
    currency = known.amount.currency
    return replace(
        known,
        intent_id=intent.id if intent else None,
        intent_status=intent.status if intent else "",
        destination=_destination(intent),
        fee=Money(intent.application_fee_amount or 0, currency) if intent else None,
        paid_with=_paid_with(charge),
        card=_card(charge),
        refunded=Money(charge.amount_refunded if charge else 0, currency),
        refunds=tuple(_refund(refund) for refund in refunds),
        disputes=tuple(_dispute(dispute) for dispute in disputes),
        movements=movements,
    )


def _after(
    v1: stripe.V1Services, intent: stripe.PaymentIntent, charge: stripe.Charge
) -> tuple[list[stripe.Refund], list[stripe.Dispute], tuple[Movement, ...]]:
    """Return what became of a payment that was charged."""
    refunds = list(v1.refunds.list({"payment_intent": intent.id, "limit": 100, "expand": OF_REFUNDS}).auto_paging_iter())
    disputes = list(v1.disputes.list({"payment_intent": intent.id, "limit": 100}).auto_paging_iter()) if charge.disputed else []
    return refunds, disputes, read_movements(v1, charge, refunds, disputes)


def _amount(session: stripe.checkout.Session, intent: stripe.PaymentIntent | None) -> Money:
    """Return what was received; before that, what is to be paid."""
    if intent is None:
        return Money(session.amount_total or 0, session.currency or "")
    return Money(intent.amount_received or intent.amount, intent.currency)


def _destination(intent: stripe.PaymentIntent | None) -> str | None:
    destination = intent.transfer_data.destination if intent and intent.transfer_data else None
    return destination.id if isinstance(destination, stripe.Account) else destination


def _paid_with(charge: stripe.Charge | None) -> str:
    method = charge.payment_method_details if charge else None
    if method is None:
        return ""
    details = getattr(method, method.type, None)
    last4 = getattr(details, "last4", None)
    words = method.type.replace("_", " ")
    return f"{words} ending {last4}"[:80] if last4 else words[:80]


def _card(charge: stripe.Charge | None) -> str:
    """Return the fingerprint of the card that was charged, the same for one card number at every customer (Stripe, "The Charge object")."""
    method = charge.payment_method_details if charge else None
    return (method.card.fingerprint or "") if method and method.type == "card" and method.card else ""


def _refund(refund: stripe.Refund) -> StripeRefund:
    return StripeRefund(
        stripe_id=refund.id,
        refund_id=metadata_value(refund.metadata, "refund_id"),
        amount=Money(refund.amount, refund.currency),
        status=refund.status or "pending",
        failure=getattr(refund, "failure_reason", None) or "",  # left out unless it failed
        took_back=refund.transfer_reversal is not None,
    )


def _dispute(dispute: stripe.Dispute) -> StripeDispute:
    due_by = dispute.evidence_details.due_by  # 0 where the bank takes no answer (Stripe, "The Dispute object")
    return StripeDispute(
        stripe_id=dispute.id,
        status=dispute.status,
        reason=dispute.reason,
        amount=Money(dispute.amount, dispute.currency),
        opened_at=datetime.fromtimestamp(dispute.created, UTC),
        respond_by=datetime.fromtimestamp(due_by, UTC) if due_by else None,
    )


def order_id_of_session(session_id: str) -> str:
    """Return the id of the order that a Checkout Session names in its metadata; empty if it names none."""
    with client.api("payments") as v1:
        return metadata_value(v1.checkout.sessions.retrieve(session_id).metadata, "order_id")


def order_id_of_charge(charge_id: str) -> str:
    """Return the id of the order that a charge was made for, or of its payment where it names none, as periods do."""
    with client.api("payments") as v1:
        return _order_id(v1.charges.retrieve(charge_id, {"expand": ["payment_intent"]}))


def order_id_of_refund(stripe_refund_id: str) -> str:
    """Return the id of the order whose payment a refund gives back, as `order_id_of_charge` does."""
    with client.api("payments") as v1:
        return _order_id(v1.refunds.retrieve(stripe_refund_id, {"expand": ["payment_intent"]}))


def order_id_of_dispute(dispute_id: str) -> str:
    """Return the id of the order whose payment is disputed, as `order_id_of_charge` does."""
    with client.api("payments") as v1:
        return _order_id(v1.disputes.retrieve(dispute_id, {"expand": ["payment_intent"]}))


def _order_id(source: stripe.Charge | stripe.Refund | stripe.Dispute) -> str:
    intent = expanded(source.payment_intent)
    return (metadata_value(intent.metadata, "order_id") or intent.id) if intent else ""
