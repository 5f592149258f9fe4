"""Paying on the hosted page, whatever the session sells: once, or for a subscription that begins with it."""

from typing import Any

from tools.sandbox import payments, taxes
from tools.sandbox.act import Act
from tools.sandbox.cards import save_card
from tools.sandbox.customers import create_customer, create_tax_id, update_customer
from tools.sandbox.errors import InvalidRequest
from tools.sandbox.invoice_lines import line_of_item
from tools.sandbox.invoice_payments import charge_payment
from tools.sandbox.invoices import finalize, make_invoice, settle
from tools.sandbox.renewals import expire
from tools.sandbox.sessions import close_session, open_session
from tools.sandbox.shapes import shaped
from tools.sandbox.subscriptions import begin_subscription, save, state_of


def pay(act: Act, session: dict[str, Any], email: str, last4: str = "4242") -> None:
    """The card is charged, and the session complete. Sends checkout.session.completed, and before it what the payment sends."""
    if session["mode"] == "payment":
        payments.pay(act, session, email, last4)
        return
    subscription, invoice = _begun(act, session, email)
    was = state_of(subscription)
    card = save_card(act, act.find("customer", subscription["customer"], "customer"), last4)
    subscription["default_payment_method"] = card["id"]
    if invoice["status"] != "paid":
        charge_payment(act, invoice, card, "")
        settle(act, invoice | {"attempt_count": 1})
    if subscription["status"] == "incomplete":
        subscription["status"] = "active"
    save(act, subscription, was)
    _complete(act, session, subscription, invoice, email)


def pay_nothing(act: Act, session: dict[str, Any], email: str) -> None:
    """Begin a trial without a card.

    Raises:
        InvalidRequest: something is to be paid, or a card was asked for.
    """
    trial = {"trial_end", "trial_period_days"} & set(session["_subscription"])
    if session["payment_method_collection"] != "if_required" or not trial:
        raise InvalidRequest("This session asks for a card.")
    subscription, invoice = _begun(act, session, email)
    _complete(act, session, subscription, invoice, email)


def pay_later(act: Act, session: dict[str, Any], email: str, *, succeeds: bool) -> None:
    """Accept a bank debit.

    Raises:
        InvalidRequest: a subscription, which is paid by card here.
    """
    if session["mode"] == "subscription":
        raise InvalidRequest("The sandbox does not play bank debits of subscriptions.")
    payments.pay_later(act, session, email, succeeds=succeeds)


def _complete(act: Act, session: dict[str, Any], subscription: dict[str, Any], invoice: dict[str, Any], email: str) -> None:
    session |= {"customer": subscription["customer"], "subscription": subscription["id"], "invoice": invoice["id"]}
    payments.complete_session(act, session, email, "paid" if invoice["amount_due"] else "no_payment_required")


def decline(act: Act, session: dict[str, Any], email: str, reason: str = "generic_decline", last4: str = "0002") -> None:
    """The card is refused: the session stays open for another try. Sends payment_intent.payment_failed, also invoice.payment_failed."""
    if session["mode"] == "payment":
        payments.decline(act, session, email, reason, last4)
        return
    _, invoice = _begun(act, session, email)
    session["_declined"] = payments.DECLINES[reason][1]
    act.store.save(session)
    if invoice["status"] == "paid":  # a trial: the card was to be saved only
        return
    unsaved = act.make("payment_method", card=shaped("payment_method")["card"] | {"last4": last4})
    charge_payment(act, invoice, unsaved, reason)
    act.emit("invoice.payment_failed", act.store.save(invoice | {"attempted": True, "attempt_count": 1}))


def _begun(act: Act, session: dict[str, Any], email: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The subscription and its first invoice; made with the first attempt, as Stripe does."""
    begun = act.store.get("subscription", session.get("_begun", ""), act.owner)
    if begun and begun["status"] in {"incomplete", "trialing"}:
        return begun, act.find("invoice", begun["latest_invoice"], "invoice")
    subscription = begin_subscription(act, session, _customer(act, session, email))
    trial = subscription["status"] == "trialing"
    lines = [line_of_item(act, subscription, item, trial=trial) for item in subscription["items"]["data"]]
    invoice = finalize(act, make_invoice(act, subscription, lines, "subscription_create"))
    save(act, subscription | {"latest_invoice": invoice["id"]})
    session["_begun"] = subscription["id"]
    act.store.save(session)
    return act.find("subscription", subscription["id"], "subscription"), invoice


def _customer(act: Act, session: dict[str, Any], email: str) -> str:
    known, buyer = session["automatic_tax"]["status"] == "complete", session["_buyer"]
    said: dict[str, Any] = {"address": taxes.address(buyer)} if known else {}
    if known and buyer["name"]:
        said["name"] = buyer["name"]
    if key := session["customer"] or session.get("_customer"):
        return str((update_customer(act, said, key) if said else act.find("customer", key, "customer"))["id"])
    customer = create_customer(act, {"email": email, **said})
    for tax_id in session["_tax_ids"]:
        create_tax_id(act, tax_id, customer["id"])
    session["_customer"] = customer["id"]
    return str(customer["id"])


def expire_session(act: Act, _params: dict[str, Any], key: str) -> dict[str, Any]:
    """Close an open session for good.

    Raises:
        InvalidRequest: it is complete or expired already.
    """
    return close(act, open_session(act, key))


def close(act: Act, session: dict[str, Any]) -> dict[str, Any]:
    """Expire an open session, and what was begun in it and not paid. Sends checkout.session.expired."""
    begun = act.store.get("subscription", session.get("_begun", ""), act.owner)
    if begun and begun["status"] == "incomplete":
        expire(act, begun)
    return close_session(act, session)
