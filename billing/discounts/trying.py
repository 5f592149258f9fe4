"""Codes that people type or follow: looked up with a limit on guesses, and shown on the product's page."""

from django.http import HttpRequest
from django.utils import timezone

from accounts.people.models import Account
from billing.credits.selectors import Purchase, credit_now
from billing.discounts.errors import DiscountRefused
from billing.discounts.models import Discount
from billing.discounts.quotes import quote
from billing.discounts.recurring import payments_reduced
from billing.discounts.selectors import find_discount, is_paying, require_left, require_usable
from common.web.client import address_of
from common.web.rate_limits import Doer, charge, give_back
from marketplace.products.models import Price, Product
from marketplace.products.selectors.editions import sold_for
from marketplace.products.selectors.pages import images_of
from marketplace.shopwindow.reductions import Reduction, reducer

GUESS = "discount.guess"  # the act of config/rate_limits.py


def try_code(text: str, *, product: Product, request: HttpRequest) -> Discount:
    """Return the discount that is meant by a code; only what is no code counts as a guess.

    Raises:
        UnknownCode: there is none.
        RateLimitReached: too many were none.
    """
    account = request.user.pk if request.user.is_authenticated else None
    charges = charge(GUESS, Doer(account=account, address=address_of(request)))
    found = find_discount(text, product=product)
    give_back(charges)
    return found


@reducer
def reduction(request: HttpRequest, product: Product, price: Price, buyer: Account | None, text: str) -> Reduction:
    """Return what a code makes of a product's price for a buyer, after what they are credited, or why it does not count."""
    try:
        found = try_code(text, product=product, request=request)
        require_usable(found, product=product, price=price)
        if buyer is None or not is_paying(found, buyer=buyer, product=product):
            require_left(found, buyer=buyer)
    except DiscountRefused as refused:
        return Reduction(code=text[:40], fault=refused.message)
    rest = price.money
    if buyer is not None:
        images = frozenset(image.pk for image in sold_for(price, images_of(product)))
        rest -= credit_now(Purchase(buyer, price, price.money, images)).money
    paid = quote(found, rest, seller_id=product.seller_id, at=timezone.now()).price
    payments = payments_reduced(found, price.interval) if price.interval else None
    return Reduction(code=found.code, price=paid, payments=payments)
