"""What a buyer is charged, and in which currency: decided here alone, from the product's current prices and what the buyer was shown.

A discount reduces it: `billing.discounts.quotes`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext

from billing.checkout.errors import AmountRefused
from common.currencies import LARGEST_CHARGE
from common.money import Money, read_money
from marketplace.products.errors import PriceChanged
from marketplace.products.models import Price, Product
from marketplace.products.selectors.offers import current_prices
from marketplace.products.services.prices import smallest_price

LONGEST_TYPED = 12  # letters, more than any amount has


@dataclass(frozen=True, slots=True)
class Wish:
    """What a buyer asks for.

    Attributes:
        price_id: the price that they were shown; None for the leading one.
        amount: what they want to pay in its currency, in minor units. It counts where the buyer decides, and nowhere else.
    """

    price_id: UUID | None = None
    amount: int | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be paid without a discount, under which price."""

    price: Price
    money: Money


def read_wish(product: Product, typed: Mapping[str, str], *, to_pay: bool = False) -> Wish:
    """Read what a page's form says: `price`, the id that it was made with, and `amount`, as people write it.

    Args:
        to_pay: nothing is no amount, even where the product may be had for it.

    Raises:
        AmountRefused: the buyer decides, and this is no amount of the currency, or nothing.
    """
    price_id = read_price_id(typed)
    price = find_price(product, price_id)
    if price is None or not price.buyer_decides:
        return Wish(price_id)
    text = typed.get("amount", "").strip()
    money = read_money(text, price.currency) if len(text) <= LONGEST_TYPED else None
    if money is None or (to_pay and not money.minor):
        raise AmountRefused(_how_much(price, to_pay=to_pay))
    return Wish(price_id, money.minor)


def find_price(product: Product, price_id: UUID | None) -> Price | None:
    """Return the current price with this id, or the leading one; None if there is none."""
    return next((price for price in current_prices(product) if price_id in {None, price.pk}), None)


def due_now(product: Product, wish: Wish) -> Due | None:
    """Return what the buyer would pay at this moment; None while the product has no price.

    Raises:
        PriceChanged: it has prices, but no longer the one that they were shown.
        AmountRefused: the buyer decides, and may not pay this.
    """
    price = find_price(product, wish.price_id)
    if price is None and current_prices(product):
        raise PriceChanged
    return due_for(price, wish) if price else None


def due_for(price: Price, wish: Wish) -> Due:
    """Return what is to be paid under a price: its amount, or what the buyer wants to pay where they decide; then it may be nothing.

    Raises:
        AmountRefused: they may not pay this.
    """
    if not price.buyer_decides:
        return Due(price, price.money)
    money, most = Money(wish.amount or 0, price.currency), LARGEST_CHARGE
    nothing = wish.amount == 0 == price.amount
    if wish.amount is None or not (nothing or least_payment(price).minor <= money.minor <= most) or money.minor % money.step.minor:
        raise AmountRefused(_how_much(price))
    return Due(price, money)


def least_payment(price: Price) -> Money:
    """Return the least above nothing that somebody may pay under a price."""
    return price.money if price.amount else smallest_price(price.currency)


def _how_much(price: Price, *, to_pay: bool = False) -> str:
    sentence = (
        gettext("Pay {least} or more, in figures: {example}. Nothing was charged.")
        if price.amount or to_pay
        else gettext("Pay nothing, which is 0, or {least} or more, in figures: {example}. Nothing was charged.")
    )
    least = least_payment(price)
    return sentence.format(least=least, example=least.typed)


def read_price_id(typed: Mapping[str, str]) -> UUID | None:
    """Return the id of the price that a page's form was made with; None for what is none."""
    try:
        return UUID(typed.get("price", ""))
    except ValueError:
        return None  # nothing that a page of ours was made with
