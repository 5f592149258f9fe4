"""The filters of a search, and how many products each of their choices would leave."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from marketplace.products.models import Category, Price, Product, ProductImage

PRICES = (("free", "Free"), ("paid", "One-off"))
PLATFORMS = ("linux/amd64", "linux/arm64", "linux/arm/v7", "windows/amd64")


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a filter."""

    value: str
    label: str
    count: int
    checked: bool


@dataclass(frozen=True, slots=True)
class Filters:
    """The choices that were made; several values of one filter mean any of them."""

    categories: Collection[str] = ()
    prices: Collection[str] = ()
    platforms: Collection[str] = ()

    def apply(self, products: QuerySet[Product], *, without: str = "") -> QuerySet[Product]:
        """Narrow the products by every filter, or by every one except `without`."""
        if self.categories and without != "categories":
            products = products.filter(category__in=self.categories)
        if self.prices and without != "prices":
            amounts = Q()
            for price in self.prices:
                amounts |= Q(amount=0) if price == "free" else Q(amount__gt=0)
            products = products.filter(Exists(Price.objects.current().filter(amounts, product=OuterRef("pk"))))
        if self.platforms and without != "platforms":
            products = products.filter(_runs_on(self.platforms))
        return products


def choices_of(products: QuerySet[Product], chosen: Filters) -> dict[str, list[Choice]]:
    """Count, for each filter, how many products its choices would leave, given the other filters. Three queries."""
    return {
        "categories": _categories(chosen.apply(products, without="categories"), chosen),
        "prices": _prices(chosen.apply(products, without="prices"), chosen),
        "platforms": _platforms(chosen.apply(products, without="platforms"), chosen),
    }


def _categories(products: QuerySet[Product], chosen: Filters) -> list[Choice]:
    shelves = Category.objects.annotate(count=Count("products", filter=Q(products__in=products.order_by().values("pk")))).order_by(
        "position", "name"
    )
    return [
        Choice(shelf.slug, shelf.name, shelf.count, shelf.slug in chosen.categories)
        for shelf in shelves
        if shelf.count or shelf.slug in chosen.categories
    ]


def _prices(products: QuerySet[Product], chosen: Filters) -> list[Choice]:
    current = Price.objects.current().filter(product__in=products.order_by().values("pk"))
    counts = current.aggregate(free=Count("pk", filter=Q(amount=0)), paid=Count("pk", filter=Q(amount__gt=0)))
    return [Choice(value, label, counts[value], value in chosen.prices) for value, label in PRICES]


def _platforms(products: QuerySet[Product], chosen: Filters) -> list[Choice]:
    # Each image of what was found is looked at once for all platforms: a subquery for each platform would look at it once for each.
    parts = ProductImage.objects.filter(product__in=products.order_by().values("pk"))
    counts = parts.aggregate(
        **{f"on_{number}": Count("product", distinct=True, filter=_on([platform])) for number, platform in enumerate(PLATFORMS)}
    )
    choices = [
        Choice(platform, platform, counts[f"on_{number}"], platform in chosen.platforms) for number, platform in enumerate(PLATFORMS)
    ]
    return [choice for choice in choices if choice.count or choice.checked]


def _runs_on(platforms: Collection[str]) -> Exists:
    """Products of which an image runs on one of these platforms."""
    return Exists(ProductImage.objects.filter(_on(platforms), product=OuterRef("pk")))


def _on(platforms: Collection[str]) -> Q:
    """Images in products that run on one of these: by their leading tags, not by every tag they ever had."""
    return Q(image__leading_tag__manifest__platforms__overlap=list(platforms))
