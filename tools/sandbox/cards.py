"""Test cards: what each does on the hosted page, and a saved one when its holder is away (docs.stripe.com/testing)."""

import re
from typing import Any

from tools.sandbox.act import Act
from tools.sandbox.shapes import shaped

NUMBER = re.compile(r"[0-9]{12,19}\Z")
SECOND_STEP = "3155"
DECLINED = {"0002": "generic_decline", "9995": "insufficient_funds", "0069": "expired_card"}
# Cards that can be saved, and are refused when they are charged.
LATER_DECLINED = DECLINED | {"0341": "generic_decline", "3184": "authentication_required"}


def save_card(act: Act, customer: dict[str, Any], last4: str) -> dict[str, Any]:
    """Attach a card to a customer. Sends payment_method.attached."""
    method = act.make("payment_method", customer=customer["id"], card=shaped("payment_method")["card"] | {"last4": last4})
    method["billing_details"]["email"] = customer["email"]
    act.emit("payment_method.attached", act.store.save(method))
    return method


def default_card(act: Act, subscription: dict[str, Any]) -> dict[str, Any] | None:
    """What a subscription is paid with: its own card, or else its customer's."""
    customer = act.find("customer", subscription["customer"], "customer")
    key = subscription["default_payment_method"] or customer["invoice_settings"]["default_payment_method"]
    return act.store.get("payment_method", key or "", act.owner)
