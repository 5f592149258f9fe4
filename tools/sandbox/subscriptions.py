"""Subscriptions: begun by a Checkout Session, changed and ended by the API, a page or the clock (docs.stripe.com/billing/subscriptions)."""

from copy import deepcopy
from typing import Any

from tools.sandbox.act import Act
from tools.sandbox.coupons import attach
from tools.sandbox.errors import InvalidRequest
from tools.sandbox.invoices import end_invoice
from tools.sandbox.lists import page
from tools.sandbox.params import refuse_others, write_metadata
from tools.sandbox.periods import following
from tools.sandbox.shapes import public, shaped

A_DAY = 86400
INCOMPLETE_SECONDS, NOTICE_SECONDS = 23 * 3600, 3 * A_DAY
ENDED = frozenset({"canceled", "incomplete_expired"})
COPIED = ("description", "on_behalf_of")


def begin_subscription(act: Act, session: dict[str, Any], customer: str) -> dict[str, Any]:
    """A subscription to what a session sells: on trial, or incomplete until it is paid. Sends customer.subscription.created."""
    wanted, now, key = session["_subscription"], act.now(), act.new_id("subscription")
    prices = [act.find("price", line["price"]["id"], "price") for line in session["_line_items"]]
    trial_end = wanted.get("trial_end") or (now + wanted["trial_period_days"] * A_DAY if "trial_period_days" in wanted else None)
    anchor = trial_end or now
    ends = trial_end or following(anchor, now, prices[0]["recurring"])
    made = act.make(
        "subscription",
        id=key,
        application_fee_percent=float(wanted["application_fee_percent"]) if "application_fee_percent" in wanted else None,
        billing_cycle_anchor=anchor,
        currency=session["currency"],
        customer=customer,
        start_date=now,
        status="trialing" if trial_end else "incomplete",
        transfer_data={"amount_percent": None, **wanted["transfer_data"]} if "transfer_data" in wanted else None,
        trial_end=trial_end,
        trial_start=now if trial_end else None,
        _waiting={},
        **{name: wanted[name] for name in COPIED if name in wanted},
    )
    made["automatic_tax"] |= {"enabled": session["automatic_tax"]["enabled"], "liability": session["automatic_tax"]["liability"]}
    made["trial_settings"] = wanted.get("trial_settings", made["trial_settings"])
    quantities = [line["quantity"] for line in session["_line_items"]]
    items = [_item(act, key, price, quantity, (now, ends)) for price, quantity in zip(prices, quantities, strict=True)]
    made["items"] |= {"data": items, "url": f"/v1/subscription_items?subscription={key}"}
    coupons = [act.find("coupon", one["coupon"], "coupon") for one in session["discounts"]]
    made["discounts"] = [attach(act, coupon, key, customer, begins=now) for coupon in coupons]
    write_metadata(made, wanted)
    act.emit("customer.subscription.created", save(act, made))
    return made


def _item(act: Act, subscription: str, price: dict[str, Any], quantity: int, period: tuple[int, int]) -> dict[str, Any]:
    made = shaped(
        "subscription_item",
        id=act.new_id("subscription_item"),
        created=act.now(),
        current_period_start=period[0],
        current_period_end=period[1],
        quantity=quantity,
        subscription=subscription,
    )
    return made | priced(made, price)


def priced(item: dict[str, Any], price: dict[str, Any]) -> dict[str, Any]:
    """The price of an item, also in its older form."""
    same = {name: price[name] for name in ("active", "created", "currency", "id", "product")}
    recurring = {name: price["recurring"][name] for name in ("interval", "interval_count", "usage_type")}
    amounts = {"amount": price["unit_amount"], "amount_decimal": price["unit_amount_decimal"]}
    return {"price": public(price), "plan": item["plan"] | same | recurring | amounts}


def next_step(subscription: dict[str, Any]) -> tuple[int, str] | None:
    """What happens next by itself, and when: an invoice's id, or a word; None if nothing does any more."""
    if subscription["status"] in ENDED:
        return None
    if subscription["status"] == "incomplete":
        return subscription["created"] + INCOMPLETE_SECONDS, "expire"
    steps = [(moment, invoice) for invoice, moment in subscription["_waiting"].items()]
    if pending := subscription.get("_pending"):
        steps.append((pending["ends"], "drop"))  # before a renewal at the same moment: words are in order
    if subscription["status"] == "trialing" and not subscription.get("_noticed"):
        steps.append((subscription["trial_end"] - NOTICE_SECONDS, "notice"))
    return min([*steps, (subscription["items"]["data"][0]["current_period_end"], "renew")])


def save(act: Act, subscription: dict[str, Any], was: dict[str, Any] | None = None) -> dict[str, Any]:
    """Write it with the moment of its next step. Sends customer.subscription.updated if it differs from what it was."""
    step = next_step(subscription)
    subscription["_due"] = step[0] if step else None
    act.store.save(subscription)
    if was is not None and (changed := {name: value for name, value in was.items() if subscription[name] != value}):
        act.emit("customer.subscription.updated", subscription, was=changed)
    return subscription


def state_of(subscription: dict[str, Any]) -> dict[str, Any]:
    """What it is now, to be compared with later."""
    return deepcopy(public(subscription))


def end_subscription(act: Act, subscription: dict[str, Any], reason: str) -> dict[str, Any]:
    """End it for good; its open invoices are asked for no more. Sends customer.subscription.deleted."""
    subscription |= {"status": "canceled", "canceled_at": subscription["canceled_at"] or act.now(), "ended_at": act.now()}
    subscription["cancellation_details"]["reason"] = reason
    for key in subscription["_waiting"]:
        invoice = act.find("invoice", key, "invoice")
        act.store.save(invoice | {"auto_advance": False, "next_payment_attempt": None})
    if pending := subscription.get("_pending"):
        end_invoice(act, pending["invoice"], "void")
    subscription |= {"_waiting": {}, "_pending": None, "pending_update": None}
    act.emit("customer.subscription.deleted", save(act, subscription))
    return subscription


def cancel_subscription(act: Act, params: dict[str, Any], key: str) -> dict[str, Any]:
    """End it now. Nothing is given back for what is left of its period."""
    refuse_others(params, ("cancellation_details",))
    subscription = act.find("subscription", key, "id")
    if subscription["status"] in ENDED:
        raise InvalidRequest(f"No such subscription: '{key}'", code="resource_missing", param="id")
    subscription["cancellation_details"] |= cancellation_details(params)
    return end_subscription(act, subscription, "cancellation_requested")


def set_end(act: Act, subscription: dict[str, Any], *, ends: bool) -> None:
    """Let it end with its period, or go on; the caller writes it."""
    if ends == subscription["cancel_at_period_end"]:
        return
    period_end = subscription["items"]["data"][0]["current_period_end"]
    moments = {"cancel_at": period_end, "canceled_at": act.now()} if ends else {"cancel_at": None, "canceled_at": None}
    subscription |= {"cancel_at_period_end": ends, **moments}
    subscription["cancellation_details"]["reason"] = "cancellation_requested" if ends else None


def cancellation_details(params: dict[str, Any]) -> dict[str, Any]:
    """What somebody says of why they end it."""
    given = params.get("cancellation_details", {})
    refuse_others(given, ("comment", "feedback"), "cancellation_details")
    return {name: value or None for name, value in given.items()}


def list_subscriptions(act: Act, params: dict[str, Any]) -> dict[str, Any]:
    """Subscriptions, newest first; those that have ended only if they are asked for."""
    refuse_others(params, ("created", "customer", "ending_before", "limit", "starting_after", "status"))
    return page(act, "subscription", params, "/v1/subscriptions")
