"""What somebody pays who has a part already. Whoever knows what they have paid says so; this room shows it, and knows no payments."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from accounts.people.models import Account
from common.money import Money
from marketplace.products.models import Price, Product


@dataclass(frozen=True, slots=True)
class Sale:
    """What could be bought: the price, with its product loaded, and the images that it buys."""

    price: Price
    image_ids: frozenset[UUID]


Crediting = Callable[[Account, Sequence[Sale]], Mapping[UUID, Money]]
Changing = Callable[[Account, Product], Mapping[UUID, str]]
_crediting: list[Crediting] = []
_changing: list[Changing] = []


def crediting(function: Crediting) -> Crediting:
    """Have this function asked; imports point one way, so whoever knows what was paid registers when the apps are ready."""
    _crediting.append(function)
    return function


def left_to_pay(account: Account, sales: Sequence[Sale]) -> Mapping[UUID, Money]:
    """Return what the account pays for those of the sales for which something that it has bought is credited, by the id of the price."""
    return _crediting[0](account, sales) if _crediting and sales else {}


def changing(function: Changing) -> Changing:
    """Have this function asked where a subscription is changed, as `crediting` does for what was bought."""
    _changing.append(function)
    return function


def where_to_change(account: Account, product: Product, prices: Sequence[Price]) -> Mapping[UUID, str]:
    """Return where the account changes its subscription to the product to a larger edition, by the id of that one's price."""
    return _changing[0](account, product) if _changing and any(price.interval for price in prices) else {}
