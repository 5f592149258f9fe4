"""Prices: a row is a promise, so a change is a new row."""

from django.conf import settings
from django.utils import timezone

from accounts.people.models import User
from audit.services import record_audit
from common.currencies import CURRENCIES, LARGEST_CHARGE
from common.db.locking import locked_transaction
from common.money import Money
from marketplace.images.ownership import require_owner
from marketplace.products.errors import InvalidPrice
from marketplace.products.locks import lock_product
from marketplace.products.models import Price, Product
from marketplace.products.selectors.offers import current_price
from marketplace.products.services.publishing import require_ready


def set_price(*, product: Product, amount: int, currency: str, actor: User) -> Price:
    """Give the product its price from now on. Orders placed before keep theirs; the price it has already stays the same row.

    Args:
        amount: minor units; 0 is free.
        currency: ISO 4217, one of LAYERSTORE_CURRENCIES.

    Raises:
        NotYours: the product is somebody else's.
        InvalidPrice: the amount or the currency cannot be charged, or the sale would cost the shop more than it brings.
        ProductNotReady: the product is published, and asking for money needs Stripe.
    """
    require_owner(actor, product.seller_id)
    with locked_transaction():
        # Whoever buys holds this lock as well: they see the old price or the new one, never both or none.
        locked = lock_product(product_id=product.pk)
        before = current_price(locked)
        if before is not None and (before.amount, before.currency) == (amount, currency):
            return before  # also one that could not be set any more
        _check(amount, currency)
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
    row = CURRENCIES[currency]
    if amount % row.step:
        raise InvalidPrice(field="amount", sentence=f"{currency.upper()} is charged in steps of {Money(row.step, currency)}.")
    least, most = smallest_price(currency), LARGEST_CHARGE // row.step * row.step
    if amount and not least <= amount <= most:
        sentence = f"Ask for 0, or for {Money(least, currency)} to {Money(most, currency)}: of less, the payment costs more than it brings."
        raise InvalidPrice(field="amount", sentence=sentence)


def smallest_price(currency: str) -> int:
    """Return the least that may be asked for beside nothing, minor units: what Stripe charges, and what the shop does not lose by."""
    row = CURRENCIES[currency]
    wanted = max(row.smallest_charge, settings.LAYERSTORE_SMALLEST_PRICES.get(currency, row.smallest_price))
    return -(-wanted // row.step) * row.step
