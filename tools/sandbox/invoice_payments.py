"""What an invoice is paid with: a payment intent, and as many charges as it takes."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tools.sandbox.accounts import connected
from tools.sandbox.act import Act
from tools.sandbox.currencies import step
from tools.sandbox.ids import new_id
from tools.sandbox.payments import card, charge_intent, fail, succeed

WORDS = {"subscription_create": "Subscription creation", "subscription_cycle": "Subscription update"}


def ask_payment(act: Act, invoice: dict[str, Any]) -> None:
    """Make the payment intent of an invoice that was finalized. Sends payment_intent.created."""
    key, transfer = act.new_id("payment_intent"), invoice["_transfer"]
    intent = act.make(
        "payment_intent",
        id=key,
        amount=invoice["amount_due"],
        application_fee_amount=_fee(invoice) or None,
        client_secret=f"{key}_{new_id('secret')}",
        currency=invoice["currency"],
        customer=invoice["customer"],
        description=WORDS.get(invoice["billing_reason"], "Subscription update"),
        on_behalf_of=invoice["on_behalf_of"],
        setup_future_usage="off_session",
        transfer_data={"amount": None, "destination": transfer["destination"]} if transfer else None,
    )
    act.make(
        "invoice_payment",
        amount_requested=invoice["amount_due"],
        currency=invoice["currency"],
        invoice=invoice["id"],
        payment={"payment_intent": key, "type": "payment_intent"},
    )
    act.emit("payment_intent.created", intent)


def _fee(invoice: dict[str, Any]) -> int:
    """The platform's percentage of the total, rounded to what the currency has; never more than is paid."""
    percent = Decimal(str(invoice["_fee_percent"] or 0))
    fee = int((invoice["total"] * percent / 100).quantize(Decimal(1), ROUND_HALF_UP))
    return int(min(fee - fee % step(invoice["currency"]), invoice["amount_due"]))


def charge_payment(act: Act, invoice: dict[str, Any], method: dict[str, Any], reason: str) -> None:
    """Charge a card once; with a reason the bank refuses. Sends what a charge sends, and invoice_payment.paid."""
    payment = payment_of(act, invoice["id"])
    intent = act.find("payment_intent", payment["payment"]["payment_intent"], "intent")
    intent["payment_method"] = method["id"]
    charge = charge_intent(act, intent, invoice["customer_email"] or "", card(method["card"]["last4"]))
    if reason:
        fail(act, intent, charge, reason)
        return
    succeed(act, intent, charge)
    payment |= {"status": "paid", "amount_paid": intent["amount"]}
    payment["status_transitions"]["paid_at"] = act.now()
    act.emit("invoice_payment.paid", act.store.save(payment))


def receiver_left(act: Act, invoice: dict[str, Any]) -> bool:
    """Whether an invoice is to be sent on to an account that is connected no longer: then nothing can be charged for it."""
    transfer = invoice["_transfer"]
    return bool(transfer) and connected(act.store, transfer["destination"]) is None


def payment_of(act: Act, invoice: str) -> dict[str, Any]:
    """What an invoice is paid with."""
    return act.store.where("invoice_payment", act.owner, "json_extract(body, '$.invoice') = ?", invoice)[0]


def payments_of(act: Act, invoice: str) -> dict[str, Any]:
    """The same as a list, empty for a draft and for an invoice of nothing."""
    data = act.store.where("invoice_payment", act.owner, "json_extract(body, '$.invoice') = ?", invoice)
    return {"object": "list", "url": "/v1/invoice_payments", "has_more": False, "data": data}
