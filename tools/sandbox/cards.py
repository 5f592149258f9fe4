"""Test cards: what each does on the hosted page, and a saved one when its holder is away (docs.stripe.com/testing)."""

import re
import string
from hashlib import sha256
from typing import Any, Final

from tools.sandbox.act import Act
from tools.sandbox.shapes import shaped

_LETTERS: Final = string.ascii_letters + string.digits
NUMBER = re.compile(r"[0-9]{12,19}\Z")
SECOND_STEP = "3155"
DECLINED = {"0002": "generic_decline", "9995": "insufficient_funds", "0069": "expired_card"}
# Cards that can be saved, and are refused when they are charged.
LATER_DECLINED = DECLINED | {"0341": "generic_decline", "3184": "authentication_required"}


def fingerprint(last4: str) -> str:
    """Return what Stripe calls a card, 16 letters and digits: the same for one card number at every customer and charge of the platform."""
    digest = int.from_bytes(sha256(f"card ending {last4}".encode()).digest())
    return "".join(_LETTERS[digest // len(_LETTERS) ** place % len(_LETTERS)] for place in range(16))


def save_card(act: Act, customer: dict[str, Any], last4: str) -> dict[str, Any]:
    """Attach a card to a customer. Sends payment_method.attached."""
    method = act.make(
        "payment_method",
        customer=customer["id"],
        card=shaped("payment_method")["card"] | {"last4": last4, "fingerprint": fingerprint(last4)},
    )
    method["billing_details"]["email"] = customer["email"]
    act.emit("payment_method.attached", act.store.save(method))
    return method


def default_card(act: Act, subscription: dict[str, Any]) -> dict[str, Any] | None:
    """What a subscription is paid with: its own card, or else its customer's."""
    customer = act.find("customer", subscription["customer"], "customer")
    key = subscription["default_payment_method"] or customer["invoice_settings"]["default_payment_method"]
    return act.store.get("payment_method", key or "", act.owner)
