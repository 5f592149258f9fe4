"""Changes of a subscription that count once their invoice is paid (docs.stripe.com/billing/subscriptions/pending-updates)."""

from typing import Any

from tools.sandbox.act import Act
from tools.sandbox.errors import InvalidRequest
from tools.sandbox.invoices import make_invoice
from tools.sandbox.params import refuse_others
from tools.sandbox.renewals import collect
from tools.sandbox.shapes import public
from tools.sandbox.subscriptions import save, state_of

# docs.stripe.com/billing/pending-updates-reference, as far as it is played
SUPPORTED = ("items", "payment_behavior", "proration_behavior", "proration_date")
LONGEST_SECONDS = 23 * 3600


def refuse_unsupported(subscription: dict[str, Any], params: dict[str, Any]) -> None:
    """Refuse what no pending update can hold: only what makes an invoice.

    Raises:
        InvalidRequest: names the parameter; or the subscription has another unpaid change.
    """
    for name in params:
        if name not in {*SUPPORTED, "expand"}:
            raise InvalidRequest(f"You cannot pass `{name}` with `payment_behavior=pending_if_incomplete`.", param=name)
    for index, item in enumerate(params.get("items", [])):
        refuse_others(item, ("id", "price", "quantity"), f"items[{index}]")
    if not params.get("items") or params.get("proration_behavior") != "always_invoice":
        raise InvalidRequest("The sandbox plays pending updates of items that are invoiced at once.", param="proration_behavior")
    if subscription["status"] != "active" or subscription["pending_update"]:
        raise InvalidRequest("The sandbox plays one pending update of an active subscription at a time.", param="payment_behavior")


def await_payment(act: Act, subscription: dict[str, Any], items: list[dict[str, Any]]) -> dict[str, Any]:
    """Invoice a change at once and charge for it; it is applied when that is paid. Sends customer.subscription.updated either way."""
    was, key = state_of(subscription), subscription["id"]
    invoice = make_invoice(act, subscription, [], "subscription_update")
    ends = min(invoice["created"] + LONGEST_SECONDS, items[0]["current_period_end"])
    subscription |= {"latest_invoice": invoice["id"], "_pending": {"invoice": invoice["id"], "items": items, "ends": ends}}
    save(act, subscription)
    if collect(act, invoice, by_hand=True):
        subscription = act.find("subscription", key, "id")
        pending = {"billing_cycle_anchor": None, "expires_at": ends, "subscription_items": [public(item) for item in items]}
        pending |= {"trial_end": None, "trial_from_plan": None}
        save(act, subscription | {"pending_update": pending}, was)
    return act.find("subscription", key, "id")
