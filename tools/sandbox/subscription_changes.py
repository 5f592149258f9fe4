"""Subscriptions changed by the API: their card, their price, their end."""

from copy import deepcopy
from typing import Any

from tools.sandbox.act import Act
from tools.sandbox.catalogue import make_price
from tools.sandbox.coupons import attach, coupon_named
from tools.sandbox.customers import card_of
from tools.sandbox.errors import InvalidRequest
from tools.sandbox.invoice_lines import prorate
from tools.sandbox.params import refuse_others, write_metadata
from tools.sandbox.pending_updates import await_payment, refuse_unsupported
from tools.sandbox.renewals import invoice_now
from tools.sandbox.subscription_rules import PERCENT, refuse_bad_ending, refuse_bad_split
from tools.sandbox.subscriptions import ENDED, cancellation_details, priced, save, set_end, state_of

UPDATED = (
    "application_fee_percent", "automatic_tax", "cancel_at_period_end", "cancellation_details", "default_payment_method", "description",
    "discounts", "items", "off_session", "on_behalf_of", "payment_behavior", "proration_behavior", "proration_date", "transfer_data",
    "trial_settings",
)  # fmt: skip
BEHAVIORS = ("allow_incomplete", "pending_if_incomplete")
OTHER_INTERVAL = "The sandbox does not play a change of the billing interval: cancel, and begin another subscription."


def update_subscription(act: Act, params: dict[str, Any], key: str) -> dict[str, Any]:
    """Its card, its price, its end. Values that are not named stay as they are.

    Raises:
        InvalidRequest: it has ended, or what is asked for is refused.
    """
    refuse_others(params, UPDATED)
    subscription = act.find("subscription", key, "id")
    if subscription["status"] in ENDED and set(params) - {"cancellation_details", "metadata", "expand"}:
        raise InvalidRequest("A canceled subscription can only update its cancellation_details and metadata.")
    was = state_of(subscription)
    behavior = params.get("payment_behavior", "allow_incomplete")
    if behavior not in BEHAVIORS:
        raise InvalidRequest(f"The sandbox plays payment_behavior={' and '.join(BEHAVIORS)} only.", param="payment_behavior")
    if behavior == "pending_if_incomplete":
        refuse_unsupported(subscription, params)
        changed = deepcopy(subscription)
        change_items(act, changed, params, "items")
        return await_payment(act, subscription, changed["items"]["data"])
    change_items(act, subscription, params, "items")
    _write(act, subscription, params)
    save(act, subscription, was)
    if params.get("items") and params.get("proration_behavior") == "always_invoice":
        invoice_now(act, subscription)
    return act.find("subscription", key, "id")


def change_items(act: Act, subscription: dict[str, Any], params: dict[str, Any], under: str) -> None:
    """Give items another price or quantity; what that comes to waits for the next invoice. The caller writes the subscription."""
    proration, moment = params.get("proration_behavior", "create_prorations"), params.get("proration_date", act.now())
    begins, ends = (subscription["items"]["data"][0][f"current_period_{name}"] for name in ("start", "end"))
    if "proration_date" in params and not begins <= moment <= ends:
        raise InvalidRequest("Cannot specify `proration_date` outside of the current billing period.", param="proration_date")
    for index, item in enumerate(params.get("items", [])):
        _change_item(act, subscription, item, f"{under}[{index}]", moment if proration != "none" else None)


def _write(act: Act, subscription: dict[str, Any], params: dict[str, Any]) -> None:
    if (percent := params.get("application_fee_percent")) is not None:  # empty: none any more
        if percent and (not PERCENT.match(percent) or not subscription["transfer_data"]):
            raise InvalidRequest("Invalid application_fee_percent for this subscription.", param="application_fee_percent")
        subscription["application_fee_percent"] = float(percent) if percent else None
    _write_receiver(act, subscription, params)
    if "discounts" in params:  # empty: none any more
        coupon = coupon_named(act, params["discounts"] or [], subscription["currency"], "discounts")
        of, begins = (subscription["id"], subscription["customer"]), act.now()
        subscription["discounts"] = [attach(act, coupon, *of, begins=begins)] if coupon else []
    if "description" in params:
        subscription["description"] = params["description"] or None
    if "cancel_at_period_end" in params:
        set_end(act, subscription, ends=params["cancel_at_period_end"])
    subscription["cancellation_details"] |= cancellation_details(params)
    if method := params.get("default_payment_method"):
        customer = act.find("customer", subscription["customer"], "customer")
        card_of(act, customer, method, "default_payment_method")
        subscription["default_payment_method"] = method
    refuse_bad_ending(params.get("trial_settings"), "trial_settings")
    subscription["trial_settings"] = params.get("trial_settings", subscription["trial_settings"])
    write_metadata(subscription, params)


def _write_receiver(act: Act, subscription: dict[str, Any], params: dict[str, Any]) -> None:
    """Who gets the money of later invoices, and owes their tax; those that are made already stay as they are."""
    if "on_behalf_of" in params:  # empty: none any more
        subscription["on_behalf_of"] = params["on_behalf_of"] or None
    if transfer := params.get("transfer_data"):
        wanted = {"transfer_data": transfer, "on_behalf_of": subscription["on_behalf_of"]}
        refuse_bad_split(act, wanted, "", subscription["currency"])
        subscription["transfer_data"] = {"amount_percent": None, **transfer}
    if tax := params.get("automatic_tax"):
        refuse_others(tax, ("enabled", "liability"), "automatic_tax")
        subscription["automatic_tax"] |= tax


def _change_item(act: Act, subscription: dict[str, Any], change: dict[str, Any], param: str, prorated_at: int | None) -> None:
    """Another price or quantity: what is left of the period is set off, unless it is to count from the next one."""
    refuse_others(change, ("id", "price", "price_data", "quantity"), param)
    item = next((one for one in subscription["items"]["data"] if one["id"] == change.get("id")), None)
    if item is None:
        raise InvalidRequest("The sandbox changes items that are there: name one by its id.", param=f"{param}[id]")
    was, price = deepcopy(item), item["price"]
    if "price_data" in change:
        price = make_price(act, change["price_data"], f"{param}[price_data]", active=False)
    elif "price" in change:
        price = act.find("price", change["price"], f"{param}[price]")
    _refuse_bad_change(subscription, item["price"], price, param)
    item |= priced(item, price) | {"quantity": change.get("quantity", item["quantity"])}
    if prorated_at is not None and subscription["status"] != "trialing":
        prorate(act, subscription, item, was, prorated_at)


def _refuse_bad_change(subscription: dict[str, Any], was: dict[str, Any], price: dict[str, Any], param: str) -> None:
    if price["currency"] != subscription["currency"]:
        message = f"The price specified is in {price['currency']}, and the subscription in {subscription['currency']}."
        raise InvalidRequest(message, param=f"{param}[price]")
    if price["recurring"] is None:
        raise InvalidRequest("The price specified is set to `type=one_time`; a subscription takes recurring ones.", param=f"{param}[price]")
    if any(price["recurring"][name] != was["recurring"][name] for name in ("interval", "interval_count")):
        raise InvalidRequest(OTHER_INTERVAL, param=f"{param}[price]")
