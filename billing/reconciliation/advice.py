"""What staff do about each kind of difference. Nothing is mended by itself: somebody has to know why the two differ."""

from collections.abc import Mapping
from typing import Final

from billing.reconciliation.models import Difference

ADVICE: Final[Mapping[Difference.Kind, str]] = {
    Difference.Kind.MISSING_HERE: (
        "Stripe moved money that the books do not have. Look the source up at Stripe. If it belongs to an order, use “Ask Stripe” on that"
        " order, which posts what is missing. If it does not (a fee of Stripe's, a top-up, something done in Stripe's dashboard, other"
        " software that uses the account), “Post” it: the balance in the books is then what it is at Stripe."
    ),
    Difference.Kind.MISSING_THERE: (
        "The books have a movement that Stripe does not list. Read the account again; if Stripe still does not have it, the shop has"
        " posted what did not happen. Report its key to whoever looks after the shop's software, and say under “Explain” what it was."
    ),
    Difference.Kind.AMOUNT: (
        "Stripe moved another amount than the books say. Stripe's figure is what is in the bank. Compare the order with its payment at"
        " Stripe; a conversion between currencies is the usual reason. If it is none, the shop has posted a wrong figure: report it to"
        " whoever looks after its software. Say under “Explain” what it was."
    ),
    Difference.Kind.FEE: (
        "Another fee was kept than the books say. Compare with the fee details of the movement at Stripe. If they do not say"
        " why, report it to whoever looks after the shop's software. Say under “Explain” what it was."
    ),
}
