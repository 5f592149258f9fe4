"""What happens when somebody presses a button on the hosted page: paid, declined, or paid later."""

from typing import Any

from tools.sandbox import balance
from tools.sandbox.act import Act
from tools.sandbox.application_fees import take_fee
from tools.sandbox.balance import Fee
from tools.sandbox.cards import fingerprint
from tools.sandbox.ids import new_id
from tools.sandbox.sessions import LATER
from tools.sandbox.taxes import address
from tools.sandbox.transfers import transfer_charge

COPIED = ("application_fee_amount", "description", "on_behalf_of", "receipt_email", "statement_descriptor", "transfer_group")
DECLINES = {
    "generic_decline": ("card_declined", "Your card was declined."),
    "insufficient_funds": ("card_declined", "Your card has insufficient funds."),
    "expired_card": ("expired_card", "Your card has expired."),
    "authentication_required": ("authentication_required", "Your card was declined. This transaction requires authentication."),
}


def pay(act: Act, session: dict[str, Any], email: str, last4: str = "4242") -> None:
    """The card is charged: session complete and paid. Sends payment_intent.succeeded and checkout.session.completed."""
    intent = _intent(act, session)
    charge = charge_intent(act, intent, email, card(last4))
    succeed(act, intent, charge)
    complete_session(act, session, email, "paid")


def decline(act: Act, session: dict[str, Any], email: str, reason: str = "generic_decline", last4: str = "0002") -> None:
    """The card is refused: the session stays open for another try. Sends payment_intent.payment_failed."""
    intent = _intent(act, session)
    charge = charge_intent(act, intent, email, card(last4))
    fail(act, intent, charge, reason)


def pay_later(act: Act, session: dict[str, Any], email: str, *, succeeds: bool) -> None:
    """A bank debit is accepted: session complete, not paid. The clock or a control command settles it."""
    intent = _intent(act, session)
    charge = charge_intent(act, intent, email, {"type": LATER, LATER: {"last4": "3000", "country": "DE", "bank_code": "37040044"}})
    charge |= {"status": "pending", "paid": False}
    intent |= {"status": "processing", "latest_charge": charge["id"], "payment_method": charge["payment_method"]}
    act.emit("charge.pending", act.store.save(charge))
    act.emit("payment_intent.processing", act.store.save(intent))
    session["_settles"] = {"at": act.now() + act.config.settle_seconds, "succeeds": succeeds}
    complete_session(act, session, email, "unpaid")


def settle(act: Act, session: dict[str, Any], *, succeeds: bool) -> None:
    """The bank answers. Sends checkout.session.async_payment_succeeded or _failed; a settled session stays as it is."""
    if not session.pop("_settles", None):
        return
    intent = act.find("payment_intent", session["payment_intent"], "intent")
    charge = act.find("charge", intent["latest_charge"], "charge")
    if succeeds:
        succeed(act, intent, charge)
        session["payment_status"] = "paid"
    else:
        fail(act, intent, charge, "insufficient_funds")
    act.emit(f"checkout.session.async_payment_{'succeeded' if succeeds else 'failed'}", act.store.save(session))


def _intent(act: Act, session: dict[str, Any]) -> dict[str, Any]:
    """The session's payment intent; made at the first attempt, as Stripe does."""
    if session["payment_intent"]:
        return act.find("payment_intent", session["payment_intent"], "intent")
    key, wanted = act.new_id("payment_intent"), session["_intent"]
    transfer = wanted.get("transfer_data")
    intent = act.make(
        "payment_intent",
        id=key,
        amount=session["amount_total"],
        client_secret=f"{key}_{new_id('secret')}",
        currency=session["currency"],
        customer=session["customer"],
        metadata=wanted.get("metadata", {}),
        payment_method_types=session["payment_method_types"],
        transfer_data={"amount": None} | transfer if transfer else None,
        **{name: wanted[name] for name in COPIED if name in wanted},
    )
    act.emit("payment_intent.created", intent)
    session["payment_intent"] = key
    act.store.save(session)
    return intent


def charge_intent(act: Act, intent: dict[str, Any], email: str, method: dict[str, Any]) -> dict[str, Any]:
    """Make the charge of one attempt to pay an intent; whether it succeeds is written next."""
    charge = act.make(
        "charge",
        amount=intent["amount"],
        application_fee_amount=intent["application_fee_amount"],
        currency=intent["currency"],
        customer=intent["customer"],
        description=intent["description"],
        metadata=intent["metadata"],
        on_behalf_of=intent["on_behalf_of"],
        payment_intent=intent["id"],
        payment_method=intent["payment_method"] or new_id("payment_method"),
        receipt_email=intent["receipt_email"],
        transfer_data=intent["transfer_data"],
        transfer_group=intent["transfer_group"],
    )
    charge["billing_details"]["email"] = email
    shape = charge["payment_method_details"]["card"]
    charge["payment_method_details"] = method if "card" not in method else {"type": "card", "card": shape | method["card"]}
    return act.store.save(charge)


def card(last4: str) -> dict[str, Any]:
    """What a charge says of a card."""
    return {"type": "card", "card": {"last4": last4, "fingerprint": fingerprint(last4)}}


def succeed(act: Act, intent: dict[str, Any], charge: dict[str, Any]) -> None:
    """The money has come. Sends charge.succeeded and payment_intent.succeeded."""
    if charge["transfer_data"] and not charge["transfer_group"]:
        charge["transfer_group"] = intent["transfer_group"] = f"group_{intent['id']}"
    _split(act, charge)
    charge |= {"status": "succeeded", "paid": True, "amount_captured": charge["amount"]}
    charge["receipt_url"] = f"{act.config.public_url}/receipts/{charge['id']}"
    intent |= {"status": "succeeded", "amount_received": intent["amount"], "latest_charge": charge["id"]}
    intent |= {"payment_method": charge["payment_method"], "last_payment_error": None}
    act.emit("charge.succeeded", act.store.save(charge))
    act.emit("payment_intent.succeeded", act.store.save(intent))


def _split(act: Act, charge: dict[str, Any]) -> None:
    """Write the movements of a charge that succeeded: itself, its transfer and the platform's fee."""
    settles_at, fee = balance.available_on(act), charge["application_fee_amount"] or 0
    fees = [balance.processing_fee(charge["amount"], charge["currency"])]
    if act.owner:  # a direct charge pays the platform's fee itself
        fees.append(Fee("application_fee", fee, "Application fee"))
    charge["balance_transaction"] = balance.enter(act, "charge", charge, charge["amount"], fees, available_on=settles_at)
    payment = None
    if charge["transfer_data"]:
        transfer = transfer_charge(act, charge, settles_at)
        charge["transfer"], payment = transfer["id"], transfer["destination_payment"]
    if fee:
        taken = take_fee(act, charge, payment, settles_at)
        charge["application_fee"] = taken["id"]
        arrived = act.store.get("charge", payment) if payment else None
        if arrived:
            act.store.save(arrived | {"application_fee": taken["id"]})


def fail(act: Act, intent: dict[str, Any], charge: dict[str, Any], reason: str) -> None:
    """The bank refuses. Sends charge.failed and payment_intent.payment_failed."""
    code, message = DECLINES[reason]
    charge |= {"status": "failed", "paid": False, "captured": False, "failure_code": code, "failure_message": message}
    charge["outcome"] |= {"network_status": "declined_by_network", "reason": reason, "type": "issuer_declined"}
    charge["outcome"]["seller_message"] = "The bank did not return any further details with this decline."
    error = {"charge": charge["id"], "code": code, "decline_code": reason, "message": message, "type": "card_error"}
    error["doc_url"] = f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"
    status = "requires_action" if reason == "authentication_required" else "requires_payment_method"
    intent |= {"status": status, "latest_charge": charge["id"], "last_payment_error": error}
    act.emit("charge.failed", act.store.save(charge))
    act.emit("payment_intent.payment_failed", act.store.save(intent))


def complete_session(act: Act, session: dict[str, Any], email: str, payment_status: str) -> None:
    """The buyer is done. Sends checkout.session.completed."""
    session |= {"status": "complete", "payment_status": payment_status, "url": None}
    buyer = session["_buyer"]
    session["customer_details"] = {
        "address": address(buyer),
        "business_name": None,
        "email": email,
        "individual_name": None,
        "name": buyer["name"] or None,
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": session["_tax_ids"],
    }
    act.store.save(session)
    act.emit("checkout.session.completed", session)
