"""What a code in a product's address makes of its price. Whoever knows codes says so; this room shows it, and knows none."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest

from common.money import Money
from marketplace.products.models import Price, Product


@dataclass(frozen=True, slots=True)
class Reduction:
    """What a code makes of a price.

    Attributes:
        code: as it is sent on with the purchase.
        price: what is paid; None where the code does not count.
        fault: why it does not, in the reader's language.
    """

    code: str
    price: Money | None = None
    fault: str = ""


Reducer = Callable[[HttpRequest, Product, Price, str], Reduction]
_reducers: list[Reducer] = []


def reducer(function: Reducer) -> Reducer:
    """Have this function asked; imports point one way, so whoever knows codes registers when the apps are ready."""
    _reducers.append(function)
    return function


def reduction_of(request: HttpRequest, product: Product, price: Price | None) -> Reduction | None:
    """Return what the code in the address makes of the product's price; None without a code, a price, or anybody who knows codes.

    Raises:
        RateLimitReached: the reader has guessed too often.
    """
    text = request.GET.get("code", "").strip()
    if not text or price is None or price.is_free or not _reducers:
        return None
    return _reducers[0](request, product, price, text)
