"""What codes and earlier purchases make of a product's price. Whoever knows them says so; this room shows it, and knows none."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest

from accounts.people.models import Account
from common.money import Money
from marketplace.images.models import Image
from marketplace.products.models import Price, Product


@dataclass(frozen=True, slots=True)
class Reduction:
    """What a code makes of a price.

    Attributes:
        code: as it is sent on with the purchase.
        price: what is paid, with what the buyer is credited; None where the code does not count.
        payments: how many payments of a subscription cost that, the first included; None for every one.
        fault: why it does not, in the reader's language.
    """

    code: str
    price: Money | None = None
    payments: int | None = None
    fault: str = ""


Crediter = Callable[[Sequence[Account], Price, Sequence[Image]], Mapping[UUID, Money]]
Reducer = Callable[[HttpRequest, Product, Price, Account | None, str], Reduction]
_crediters: list[Crediter] = []
_reducers: list[Reducer] = []


def crediter(function: Crediter) -> Crediter:
    """Have this function asked what accounts are credited, as `reducer` does for codes."""
    _crediters.append(function)
    return function


def credited(accounts: Sequence[Account], price: Price, images: Sequence[Image]) -> dict[UUID, Money]:
    """Return what each account that may buy images at a price is credited for earlier purchases; only those that are credited anything."""
    if not accounts or not _crediters:
        return {}
    return {account: money for account, money in _crediters[0](accounts, price, images).items() if money.minor}


def reducer(function: Reducer) -> Reducer:
    """Have this function asked; imports point one way, so whoever knows codes registers when the apps are ready."""
    _reducers.append(function)
    return function


def reduction_of(request: HttpRequest, product: Product, price: Price | None, buyer: Account | None) -> Reduction | None:
    """Return what the code in the address makes of the product's price; None without a code, a price, or anybody who knows codes.

    Args:
        buyer: for whom it is bought; None for a visitor.

    Raises:
        RateLimitReached: the reader has guessed too often.
    """
    text = request.GET.get("code", "").strip()
    if not text or price is None or price.is_free or not _reducers:
        return None
    return _reducers[0](request, product, price, buyer, text)
