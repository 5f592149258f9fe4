"""Why Stripe refused a sale and who can mend it: its error codes and parameters, turned into a next step.

Source: docs.stripe.com/error-codes, and the messages of destination charges (docs.stripe.com/connect/destination-charges).
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.utils.translation import gettext_noop


class Fault(StrEnum):
    """Who can mend it."""

    BUYER = "buyer"
    SELLER = "seller"
    OURS = "ours"


@dataclass(frozen=True, slots=True)
class Refusal:
    """What people are told: messages of the catalogue, in English, so that they can be stored and each reader gets them in their language.

    Attributes:
        buyer: what the buyer reads.
        seller: what the seller reads on their page and in a mail; empty unless they can mend it.
    """

    fault: Fault
    buyer: str
    seller: str = ""


_SELLER_IS_TOLD: Final = gettext_noop(
    "This seller cannot be paid at the moment, and has been told. Nothing was charged. Try again in a day or so."
)
_OURS: Final = Refusal(
    Fault.OURS,
    gettext_noop("Our payment provider refused this and told us why. Nothing was charged. We are looking into it; try again later."),
)
_ADDRESS: Final = Refusal(
    Fault.BUYER,
    gettext_noop(
        "Our payment provider does not accept your e-mail address. Nothing was charged. Correct it in your account’s settings, under"
        " E-mail address, confirm it, and buy again."
    ),
)
_REGION: Final = Refusal(
    Fault.SELLER,
    _SELLER_IS_TOLD,
    gettext_noop(
        "Stripe does not let us pay into the region of your Stripe account this way. Write to us: we can have your sales settle in your"
        " account’s own country, or you can connect an account in ours."
    ),
)
_CAPABILITY: Final = Refusal(
    Fault.SELLER,
    _SELLER_IS_TOLD,
    gettext_noop("Stripe does not let your account receive transfers right now. Continue at Stripe and give the details that it asks for."),
)
_GONE: Final = Refusal(
    Fault.SELLER, _SELLER_IS_TOLD, gettext_noop("Your Stripe account is no longer connected to us. Connect it again, or connect another.")
)
CURRENCY: Final = Refusal(
    Fault.SELLER,
    gettext_noop(
        "Our payment provider does not take this currency for this seller. Nothing was charged. Choose another currency, if there is one."
    ),
    gettext_noop(
        "Stripe does not charge one of your currencies for your account. Its prices are not offered any more: remove or change them."
    ),
)
_AMOUNT: Final = Refusal(
    Fault.SELLER,
    gettext_noop("Our payment provider does not accept this amount. Nothing was charged. The seller has been told to change the price."),
    gettext_noop("Stripe refuses the price of one of your products: it is too low or too high for its currency. Set another."),
)
_CURRENCY: Final = Refusal(
    Fault.SELLER,
    gettext_noop("This seller’s account does not take this currency. Nothing was charged, and the seller has been told."),
    gettext_noop(
        "Stripe does not let your account take the currency of one of your products. Set its price in another currency, or add a bank"
        " account in this one at Stripe."
    ),
)
_BY_CODE: Final = {
    "email_invalid": _ADDRESS,
    "insufficient_capabilities_for_transfer": _CAPABILITY,
    "account_invalid": _GONE,
    "account_country_invalid_address": _REGION,
    "transfers_not_allowed": _CAPABILITY,
    "amount_too_small": _AMOUNT,
    "currency_not_supported": _CURRENCY,
    "invalid_currency": _CURRENCY,
    "amount_too_large": _AMOUNT,
}
# For these Stripe gives no code, or one that many others share.
_BY_MESSAGE: Final = (
    (re.compile(r"\bInvalid currency:"), CURRENCY),
    (re.compile(r"outside the platform.s region|can.t be sent to accounts located in|on_behalf_of", re.IGNORECASE), _REGION),
    (re.compile(r"\bcapabilit(y|ies)\b", re.IGNORECASE), _CAPABILITY),
    (re.compile(r"\bNo such (account|destination):"), _GONE),
    (re.compile(r"\bcurrenc(y|ies)\b.*\b(not|n.t) support|\bInvalid currency\b|can only be charged in", re.IGNORECASE), _CURRENCY),
)


def why_refused(*, code: str, param: str, message: str) -> Refusal:
    """Tell from Stripe's answer who can do what; an unknown refusal is ours to look into.

    Args:
        code: Stripe's error code, or empty.
        param: the parameter that it names, or empty.
        message: Stripe's own sentence.
    """
    if param == "customer_email":
        return _ADDRESS
    found = _BY_CODE.get(code)
    return found or next((refusal for pattern, refusal in _BY_MESSAGE if pattern.search(message)), _OURS)
