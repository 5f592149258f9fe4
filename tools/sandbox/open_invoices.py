"""What is done by hand to an open invoice of a subscription: it is paid now, or given up (docs.stripe.com/api/invoices)."""

from typing import Any

from tools.sandbox.act import Act
from tools.sandbox.errors import Declined, missing
from tools.sandbox.invoice_payments import receiver_left
from tools.sandbox.invoices import end_invoice, open_invoice, subscription_of
from tools.sandbox.params import refuse_others
from tools.sandbox.payments import DECLINES
from tools.sandbox.renewals import collect, drop_pending, waits_for
from tools.sandbox.subscriptions import save


def pay_invoice(act: Act, params: dict[str, Any], key: str) -> dict[str, Any]:
    """Charge an open invoice now, with the subscription's card or another saved one.

    Raises:
        Declined: the bank refused; the attempt has been made all the same.
    """
    refuse_others(params, ("off_session", "payment_method"))
    invoice, method = open_invoice(act, key, "paid"), None
    if receiver_left(act, invoice):
        raise missing("destination", invoice["_transfer"]["destination"], "transfer_data[destination]")
    if "payment_method" in params:
        method = act.find("payment_method", params["payment_method"], "payment_method", "PaymentMethod")
    reason = collect(act, invoice, method, by_hand=True, here=params.get("off_session") is False)
    if reason:
        raise declined(reason)
    return act.find("invoice", key, "invoice")


def declined(reason: str) -> Declined:
    """What Stripe answers where a card is refused."""
    if reason not in DECLINES:
        message = "Cannot charge a customer that has no active card"
        return Declined(message, code="missing", param="invoice")
    code, message = DECLINES[reason]
    return Declined(message, code=code, decline_code=reason)


def void_invoice(act: Act, _params: dict[str, Any], key: str) -> dict[str, Any]:
    """Give up an open invoice: it was a mistake."""
    invoice = open_invoice(act, key, "void")
    if waits_for(subscription := subscription_of(act, invoice), key):
        drop_pending(act, subscription)
        return act.find("invoice", key, "invoice")
    return _gave_up(act, end_invoice(act, key, "void"))


def mark_uncollectible(act: Act, _params: dict[str, Any], key: str) -> dict[str, Any]:
    """Give up an open invoice: it will not be paid."""
    return _gave_up(act, end_invoice(act, key, "uncollectible"))


def _gave_up(act: Act, invoice: dict[str, Any]) -> dict[str, Any]:
    subscription = subscription_of(act, invoice)
    subscription["_waiting"].pop(invoice["id"], None)
    save(act, subscription)
    return invoice
