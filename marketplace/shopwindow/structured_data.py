"""A product in the words that search engines read: schema.org's Product and Offer, as JSON-LD."""

from collections.abc import Sequence

from common.web.links import absolute, absolute_path
from marketplace.products.models import Price, ProductPicture
from marketplace.shopwindow.editions import EditionCard
from marketplace.shopwindow.listings import Listing

_SCHEMA = "https://schema.org"


def product_data(
    listing: Listing, *, offer: Price | None, pictures: Sequence[ProductPicture], editions: Sequence[EditionCard] = ()
) -> dict[str, object]:
    """Describe a product as schema.org has it.

    Args:
        offer: at which everybody gets it now; None while nobody can, which the offer then says.
        pictures: in the seller's order.
        editions: in which it is sold, if it is.
    """
    product = listing.product
    address = absolute_path(listing.url)
    return {
        "@context": _SCHEMA,
        "@type": "Product",
        "@id": address,
        "url": address,
        "name": product.title,
        "sku": f"{product.namespace.name}/{product.slug}",
        **({"description": product.summary} if product.summary else {}),
        **({"category": product.category.name} if product.category else {}),
        "image": [*_cover(listing), *(absolute_path(picture.file.url) for picture in pictures)],
        "brand": {"@type": "Brand", "name": product.seller.display_name},
        **_offers(listing, editions, offered=offer is not None),
    }


def _offers(listing: Listing, editions: Sequence[EditionCard], *, offered: bool) -> dict[str, object]:
    """One offer, or one for each edition."""
    if editions:
        return {
            "offers": [
                _offer(listing, card.price, offered=offered) | {"name": card.edition.name, "url": absolute_path(card.url)}
                for card in editions
                if card.price
            ]
        }
    return {"offers": _offer(listing, listing.price, offered=offered)} if listing.price else {}


def _cover(listing: Listing) -> list[str]:
    product = listing.product
    return [absolute("marketplace:preview_picture", product.namespace.name, product.slug)] if listing.cover else []


def _offer(listing: Listing, price: Price, *, offered: bool) -> dict[str, object]:
    seller = listing.product.seller
    return {
        "@type": "Offer",
        "url": absolute_path(listing.url),
        "price": price.money.typed,
        "priceCurrency": price.currency.upper(),
        **_again_and_again(price),
        "availability": f"{_SCHEMA}/{'InStock' if offered else 'OutOfStock'}",
        "seller": {
            "@type": "Organization",
            "name": seller.display_name,
            "url": absolute("marketplace:shop", listing.product.namespace.name),
        },
    }


def _again_and_again(price: Price) -> dict[str, object]:
    """How often it is paid, where that is more than once: a duration of ISO 8601."""
    if not price.interval:
        return {}
    amount = {"price": price.money.typed, "priceCurrency": price.currency.upper()}
    often = "P1M" if price.interval == Price.Interval.MONTH else "P1Y"
    return {"priceSpecification": {"@type": "UnitPriceSpecification", **amount, "billingDuration": often}}
