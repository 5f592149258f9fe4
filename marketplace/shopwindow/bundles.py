"""What a bundle saves, against buying its images one by one."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Exists, Min, OuterRef

from common.money import Money
from marketplace.images.models import Image
from marketplace.products.models import Price, Product, ProductImage


@dataclass(frozen=True, slots=True)
class OneByOne:
    """The images of a bundle as they are sold alone, in the currency of the price that is shown.

    Attributes:
        count: how many of them are.
        of: how many the bundle has.
        money: what these cost together, each where it is cheapest.
        saves: by how much the bundle is cheaper; None where not all of them are sold alone, or it is not.
    """

    count: int
    of: int
    money: Money
    saves: Money | None


def one_by_one(price: Price | None, images: Sequence[Image]) -> OneByOne | None:
    """Return what a bundle's images cost alone; None for what is no bundle, costs no fixed amount once, or of which none is sold alone.

    One query.
    """
    if price is None or len(images) == 1 or price.interval or price.kind != Price.Kind.ONE_OFF or not price.amount:
        return None
    several = (
        ProductImage.objects.filter(product=OuterRef("product")).order_by().values("product").annotate(held=Count("pk")).filter(held__gt=1)
    )
    alone = Price.objects.current().filter(
        ~Exists(several),
        product__in=Product.objects.offered(),
        product__product_images__image__in=images,
        currency=price.currency,
        kind=Price.Kind.ONE_OFF,
        interval="",
    )
    least = dict(alone.order_by().values_list("product__product_images__image").annotate(least=Min("amount")))
    if not least:
        return None
    money = Money(sum(least.values()), price.currency)
    whole = len(least) == len(images) and price.money < money
    return OneByOne(len(least), len(images), money, money - price.money if whole else None)
