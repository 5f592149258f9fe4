"""What Stripe demands of a subscription beyond the types of its parameters, and what of it the sandbox plays."""

import re
from typing import Any

from tools.sandbox.act import Act
from tools.sandbox.errors import InvalidRequest
from tools.sandbox.params import refuse_others
from tools.sandbox.session_rules import DIRECT_OR_DESTINATION, refuse_bad_destination, refuse_bad_total

IN_A_SESSION = (
    "application_fee_percent", "billing_mode", "description", "on_behalf_of", "transfer_data", "trial_end", "trial_period_days",
    "trial_settings",
)  # fmt: skip
PERCENT = re.compile(r"(100(\.0+)?|[0-9]{1,2}(\.[0-9]{1,2})?)\Z")
ENDINGS = ("cancel", "create_invoice")
TWO_DAYS = 2 * 86400


def refuse_bad_subscription(act: Act, params: dict[str, Any], items: list[dict[str, Any]], total: int) -> None:
    """What a Checkout Session in subscription mode sells."""
    data = params.get("subscription_data", {})
    refuse_others(data, IN_A_SESSION, "subscription_data")
    if len({(item["price"]["recurring"]["interval"], item["price"]["recurring"]["interval_count"]) for item in items}) > 1:
        message = "Checkout does not support multiple prices with different billing intervals."
        raise InvalidRequest(message, param="line_items")
    if data.get("billing_mode", {"type": "classic"}) != {"type": "classic"}:
        raise InvalidRequest("The sandbox plays billing_mode[type]=classic only.", param="subscription_data[billing_mode][type]")
    _refuse_bad_trial(act, data)
    if total:
        refuse_bad_total(total, items[0]["currency"])
    refuse_bad_split(act, data, "subscription_data", items[0]["currency"])


def _refuse_bad_trial(act: Act, data: dict[str, Any]) -> None:
    days, ends = data.get("trial_period_days"), data.get("trial_end")
    if days is not None and ends is not None:
        message = "You may only specify one of these parameters: trial_end, trial_period_days."
        raise InvalidRequest(message, code="parameters_exclusive", param="subscription_data[trial_end]")
    if days is not None and days < 1:
        raise InvalidRequest("The minimum number of trial period days is 1.", param="subscription_data[trial_period_days]")
    if ends is not None and ends < act.now() + TWO_DAYS:
        message = "The `trial_end` date has to be at least 2 days in the future."
        raise InvalidRequest(message, param="subscription_data[trial_end]")
    refuse_bad_ending(data.get("trial_settings"), "subscription_data[trial_settings]")


def refuse_bad_ending(settings: dict[str, Any] | None, param: str) -> None:
    """What becomes of a trial that ends without a card."""
    if settings and settings["end_behavior"]["missing_payment_method"] not in ENDINGS:
        name = f"{param}[end_behavior][missing_payment_method]"
        raise InvalidRequest("The sandbox does not play a subscription that pauses.", param=name)


def refuse_bad_split(act: Act, data: dict[str, Any], under: str, currency: str) -> None:
    """Who gets what of each invoice: a percentage with at most two decimals is the platform's, the rest the destination's."""
    percent, transfer = data.get("application_fee_percent"), data.get("transfer_data")
    name = _under(under, "application_fee_percent")
    if percent and not transfer and not act.owner:
        raise InvalidRequest(DIRECT_OR_DESTINATION.replace("application_fee_amount", "application_fee_percent"), param=name)
    if percent and not PERCENT.match(percent):
        message = "Invalid decimal: must be a non-negative number of at most 100, with at most two decimal places"
        raise InvalidRequest(message, param=name)
    if transfer:
        refuse_others(transfer, ("destination",), _under(under, "transfer_data"))
        refuse_bad_destination(act, transfer["destination"], data.get("on_behalf_of"), under, currency)


def _under(param: str, name: str) -> str:
    return f"{param}[{name}]" if param else name
