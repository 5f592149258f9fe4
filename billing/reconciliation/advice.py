"""What staff do about each kind of difference. Nothing is mended by itself: somebody has to know why the two differ."""

from collections.abc import Mapping
from typing import Final

from billing.reconciliation.models import Difference

ADVICE: Final[Mapping[Difference.Kind, str]] = {
    Difference.Kind.MISSING_HERE: (
        "Stripe moved money that the books do not have. Look the source up at Stripe. If it belongs to an order, use “Ask Stripe” on that"
        " order, which posts what is missing. If it does not (something done in Stripe's dashboard, a fee of Stripe's, other software"
        " that uses the account), say so under “Explain”."
    ),
    Difference.Kind.MISSING_THERE: (
        "The books have a movement that Stripe does not list. Read the account again; if Stripe still does not have it, the books are"
        " wrong: post the opposite transaction and say under “Explain” which one it is."
    ),
    Difference.Kind.AMOUNT: (
        "Stripe moved another amount than the books say. Stripe's figure is what is in the bank. Compare the order with its payment at"
        " Stripe; a conversion between currencies is the usual reason. Post the difference and say under “Explain” what it was."
    ),
    Difference.Kind.FEE: (
        "Another fee was kept than the books say. Compare with the fee details of the movement at Stripe. Post the difference to"
        " Stripe's fee and say under “Explain” what it was."
    ),
}
