"""What is credited, said on the page of a product before anything is bought."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from accounts.people.models import Account
from billing.credits.selectors import Purchase, credits_now
from common.money import Money
from marketplace.images.models import Image
from marketplace.products.models import Price
from marketplace.shopwindow.reductions import crediter


@crediter
def credits_of(accounts: Sequence[Account], price: Price, images: Sequence[Image]) -> Mapping[UUID, Money]:
    """Return what each account would be credited for a product at this price. Two queries."""
    purchase = Purchase(accounts[0], price, price.money, frozenset(image.pk for image in images))
    return credits_now(purchase, buyers=accounts)
