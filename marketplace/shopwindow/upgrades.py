"""What somebody pays who owns a part already. Whoever knows what they have paid says so; this room shows it, and knows no payments."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from accounts.people.models import Account
from common.money import Money
from marketplace.products.models import Price


@dataclass(frozen=True, slots=True)
class Sale:
    """What could be bought: the price, with its product loaded, and the images that it buys."""

    price: Price
    image_ids: frozenset[UUID]


Crediting = Callable[[Account, Sequence[Sale]], Mapping[UUID, Money]]
_crediting: list[Crediting] = []


def crediting(function: Crediting) -> Crediting:
    """Have this function asked; imports point one way, so whoever knows what was paid registers when the apps are ready."""
    _crediting.append(function)
    return function


def left_to_pay(account: Account, sales: Sequence[Sale]) -> Mapping[UUID, Money]:
    """Return what the account pays for those of the sales for which something that it has bought is credited, by the id of the price."""
    return _crediting[0](account, sales) if _crediting and sales else {}
