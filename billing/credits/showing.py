"""What is credited, said on pages before anything is bought."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from accounts.people.models import Account
from billing.credits.selectors import MOST_CREDITED, Purchase, credit_of, creditable_to_any, credits_now
from common.money import Money
from marketplace.images.models import Image
from marketplace.products.models import Price
from marketplace.shopwindow.reductions import crediter
from marketplace.shopwindow.upgrades import Sale, crediting


@crediter
def credits_of(accounts: Sequence[Account], price: Price, images: Sequence[Image]) -> Mapping[UUID, Money]:
    """Return what each account would be credited for a product at this price. Two queries."""
    purchase = Purchase(accounts[0], price, price.money, frozenset(image.pk for image in images))
    return credits_now(purchase, buyers=accounts)


@crediting
def left_after_credit(account: Account, sales: Sequence[Sale]) -> Mapping[UUID, Money]:
    """Return what the account would pay at this moment for each sale for which it would be credited something, by the id of the price.

    Three queries for any number of sales.
    """
    purchases = [Purchase(account, sale.price, sale.price.money, sale.image_ids) for sale in sales]
    credited = [purchase for purchase in purchases if purchase.may_be_credited]
    if not credited:
        return {}
    orders = creditable_to_any(credited, buyers=[account]).prefetch_related("images")
    found = [(order, {sold.image_id for sold in order.images.all()}) for order in orders]
    left = {}
    for purchase in credited:
        seller, currency = purchase.price.product.seller_id, purchase.money.currency
        counting = [order for order, ids in found if (order.seller_id, order.currency) == (seller, currency) and ids <= purchase.image_ids]
        credit = credit_of(counting[:MOST_CREDITED], purchase).money
        if credit.minor:
            left[purchase.price.pk] = purchase.money - credit
    return left
