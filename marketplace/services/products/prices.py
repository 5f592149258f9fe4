"""Prices: a row is a promise, so a change is a new row."""

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from accounts.services.audit import record_audit
from common.locking import locked_transaction
from common.money import Money
from marketplace.errors import InvalidPrice
from marketplace.locks import lock_product
from marketplace.models import Price, Product
from marketplace.selectors.offers import current_price
from marketplace.selectors.ownership import require_owner
from marketplace.services.products.moves import require_ready

# Stripe, "Minimum and maximum charge amounts": what is less is refused at the checkout.
_LEAST = {"eur": 50, "usd": 50, "gbp": 30, "chf": 50, "jpy": 50}
_MOST = 99_999_999


def set_price(*, product: Product, amount: int, currency: str, actor: User) -> Price:
    """Give the product its price from now on. Orders placed before keep theirs; the price it has already stays the same row.

    Args:
        amount: minor units; 0 is free.
        currency: ISO 4217, one of LAYERSTORE_CURRENCIES.

    Raises:
        NotYours: the product is somebody else's.
        InvalidPrice: the amount or the currency cannot be charged.
        ProductNotReady: the product is published, and asking for money needs Stripe.
    """
    require_owner(actor, product.seller_id)
    _check(amount, currency)
    with locked_transaction():
        # Whoever buys holds this lock as well: they see the old price or the new one, never both or none.
        locked = lock_product(product_id=product.pk)
        before = current_price(locked)
        if before is not None and (before.amount, before.currency) == (amount, currency):
            return before
        now = timezone.now()
        Price.objects.current().filter(product=locked).update(retired_at=now)
        price = Price.objects.create(product=locked, amount=amount, currency=currency, created_at=now)
        if locked.state == Product.State.PUBLISHED:
            require_ready(locked)
        record_audit(actor=actor, action="product.priced", target=locked, amount=amount, currency=currency)
    return price


def _check(amount: int, currency: str) -> None:
    if currency not in settings.LAYERSTORE_CURRENCIES:
        raise InvalidPrice(field="currency", sentence=f"Choose one of {', '.join(settings.LAYERSTORE_CURRENCIES)}.")
    least = _LEAST.get(currency, max(_LEAST.values()))
    if amount and not least <= amount <= _MOST:
        sentence = f"Ask for 0, or for {Money(least, currency)} to {Money(_MOST, currency)}."
        raise InvalidPrice(field="amount", sentence=sentence)
