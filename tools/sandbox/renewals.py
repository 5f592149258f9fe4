"""What happens to subscriptions by itself: trials end, periods begin, invoices are charged, and charged again by a fixed table.

Source: https://docs.stripe.com/billing/subscriptions/overview, https://docs.stripe.com/billing/revenue-recovery/smart-retries
"""

from typing import Any

from tools.sandbox.act import Act
from tools.sandbox.cards import LATER_DECLINED, default_card
from tools.sandbox.errors import InvalidRequest
from tools.sandbox.invoice_lines import line_of_item
from tools.sandbox.invoice_payments import charge_payment, receiver_left
from tools.sandbox.invoices import end_invoice, finalize, make_invoice, settle, subscription_of
from tools.sandbox.periods import following
from tools.sandbox.subscriptions import A_DAY, ENDED, end_subscription, next_step, save, state_of

DRAFT_SECONDS = 3600
RETRY_DAYS = (1, 3, 5, 5)  # after each failure; what Stripe chooses by what it has seen of the card is fixed here
AFTER_RETRIES = ("cancel", "unpaid", "past_due")


def move_on(act: Act, subscription: dict[str, Any]) -> None:
    """Do everything that is due, in its order."""
    while (step := next_step(subscription)) and step[0] <= act.now():
        _do(act, subscription, step[1])
        subscription = act.find("subscription", subscription["id"], "subscription")


def _do(act: Act, subscription: dict[str, Any], step: str) -> None:
    if step == "expire":
        expire(act, subscription)
    elif step == "drop":
        act.emit("customer.subscription.pending_update_expired", drop_pending(act, subscription))
    elif step == "notice":
        act.emit("customer.subscription.trial_will_end", save(act, subscription | {"_noticed": True}))
    elif step == "renew":
        _renew(act, subscription)
    else:
        collect(act, act.find("invoice", step, "invoice"))


def expire(act: Act, subscription: dict[str, Any]) -> None:
    """Give up a subscription that was never paid. Sends invoice.voided and customer.subscription.updated."""
    was = state_of(subscription)
    end_invoice(act, subscription["latest_invoice"], "void")
    save(act, subscription | {"status": "incomplete_expired", "ended_at": act.now()}, was)


def _renew(act: Act, subscription: dict[str, Any]) -> None:
    """A period or a trial is over. Sends invoice.created and customer.subscription.updated, or customer.subscription.deleted."""
    was, trialing = state_of(subscription), subscription["status"] == "trialing"
    if subscription["cancel_at_period_end"]:
        end_subscription(act, subscription, "cancellation_requested")
        return
    ending = subscription["trial_settings"]["end_behavior"]["missing_payment_method"]
    if trialing and ending == "cancel" and default_card(act, subscription) is None:
        end_subscription(act, subscription, "cancellation_requested")
        return
    items = subscription["items"]["data"]
    begins = items[0]["current_period_end"]
    ends = following(subscription["billing_cycle_anchor"], begins, items[0]["price"]["recurring"])
    for item in items:
        item |= {"current_period_start": begins, "current_period_end": ends}
    invoice = make_invoice(act, subscription, [line_of_item(act, subscription, item) for item in items], "subscription_cycle")
    subscription |= {"status": "active" if trialing else subscription["status"], "latest_invoice": invoice["id"]}
    if subscription["status"] == "unpaid":
        act.store.save(invoice | {"auto_advance": False})
    else:
        act.store.save(invoice | {"automatically_finalizes_at": act.now() + DRAFT_SECONDS})
        subscription["_waiting"][invoice["id"]] = act.now() + DRAFT_SECONDS
    save(act, subscription, was)


def invoice_now(act: Act, subscription: dict[str, Any]) -> None:
    """Invoice at once what a change has come to, and charge it."""
    invoice = make_invoice(act, subscription, [], "subscription_update")
    save(act, subscription | {"latest_invoice": invoice["id"]})
    collect(act, invoice)


def collect(act: Act, invoice: dict[str, Any], method: dict[str, Any] | None = None, *, by_hand: bool = False, here: bool = False) -> str:
    """Charge for an invoice, and let its subscription follow; returns why the card was refused, empty if it was not.

    Args:
        method: another card than the subscription's.
        by_hand: this is no attempt of the table, which goes on as it was.
        here: the holder is present and takes the bank's second step.
    """
    subscription = subscription_of(act, invoice)
    if invoice["status"] == "draft":
        invoice = finalize(act, invoice)
    if invoice["status"] == "paid":  # nothing was to be paid
        _follow(act, subscription, invoice)
        return ""
    method = method or default_card(act, subscription)
    reason = LATER_DECLINED.get(method["card"]["last4"], "") if method else "no_card"
    if here and reason == "authentication_required":
        reason = ""
    if receiver_left(act, invoice):
        method, reason = None, "receiver_left"
    if not by_hand or not invoice["attempted"]:
        invoice["attempt_count"] += 1
    invoice["attempted"] = True
    if method:
        charge_payment(act, invoice, method, reason)
    if not reason:
        _follow(act, subscription, settle(act, invoice))
    else:
        _fail(act, subscription, invoice, reason, by_hand=by_hand)
    return reason


def _follow(act: Act, subscription: dict[str, Any], invoice: dict[str, Any]) -> None:
    """Its invoice is paid: the subscription is active, unless a later one is not paid."""
    was = state_of(subscription)
    subscription["_waiting"].pop(invoice["id"], None)
    was_pending = subscription["pending_update"] is not None
    if applied := waits_for(subscription, invoice["id"]):
        subscription["items"]["data"] = subscription["_pending"]["items"]
        subscription |= {"pending_update": None, "_pending": None}
    if subscription["status"] in {"incomplete", "past_due", "unpaid"} and invoice["id"] == subscription["latest_invoice"]:
        subscription["status"] = "active"
    save(act, subscription, was)
    if applied and was_pending:
        act.emit("customer.subscription.pending_update_applied", subscription)


def waits_for(subscription: dict[str, Any], invoice: str) -> bool:
    """Whether a change of the subscription is applied once this invoice is paid."""
    return bool((pending := subscription.get("_pending")) and pending["invoice"] == invoice)


def drop_pending(act: Act, subscription: dict[str, Any]) -> dict[str, Any]:
    """Give up a change that was not paid, and its invoice. Sends invoice.voided and customer.subscription.updated."""
    was = state_of(subscription)
    end_invoice(act, subscription["_pending"]["invoice"], "void")
    return save(act, subscription | {"pending_update": None, "_pending": None}, was)


def _fail(act: Act, subscription: dict[str, Any], invoice: dict[str, Any], reason: str, *, by_hand: bool) -> None:
    """The card was refused: try again by the table; after its end do what the account is set to do. Sends invoice.payment_failed."""
    was, failed = state_of(subscription), invoice["attempt_count"]
    scheduled = subscription["status"] not in ENDED | {"incomplete"} and not by_hand
    again = act.now() + RETRY_DAYS[failed - 1] * A_DAY if failed <= len(RETRY_DAYS) else None
    if scheduled:
        invoice |= {"next_payment_attempt": again, "auto_advance": again is not None}
    act.emit("invoice.payment_failed", act.store.save(invoice))
    if reason == "authentication_required":
        act.emit("invoice.payment_action_required", invoice)
    if not scheduled:
        return
    subscription["_waiting"].pop(invoice["id"], None)
    ending = act.store.switch("after_retries") or "cancel"
    if again is not None:
        subscription["_waiting"][invoice["id"]] = again
    elif ending == "cancel":
        end_subscription(act, subscription, "payment_failed")
        return
    save(act, subscription | {"status": "past_due" if again is not None else ending}, was)


def set_ending(act: Act, ending: str) -> dict[str, Any]:
    """What becomes of a subscription whose last retry has failed."""
    if ending not in AFTER_RETRIES:
        raise InvalidRequest(f"after_retries is one of {', '.join(AFTER_RETRIES)}", param="after_retries")
    act.store.set_switch("after_retries", ending)
    return {"after_retries": ending}
