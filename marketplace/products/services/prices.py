"""Prices. Orders refer to the row they were sold under, so a change is a new row."""

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext

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
from marketplace.products.services.search_entries import index_product


def set_price(*, product: Product, money: Money, actor: User) -> Price:
    """Set the price of the product from now on. Earlier orders keep theirs. Setting the current price again changes nothing.

    Args:
        money: in one of LAYERSTORE_CURRENCIES; an amount of 0 makes the product free.

    Raises:
        NotYours, RoleNotEnough: the actor does not decide for its seller.
        InvalidPrice: the amount or the currency cannot be charged, or the payment would cost the shop more than it brings.
        ProductNotReady: the product is published, the price is not 0, and the seller cannot be paid.
    """
    require_owner(actor, product.seller_id)
    with locked_transaction():
        # Buying takes this lock too, so a buyer sees either the old price or the new one, never both or none.
        locked = lock_product(product_id=product.pk)
        before = current_price(locked)
        if before is not None and before.money == money:
            return before  # even if it could not be set any more
        _check(money)
        now = timezone.now()
        Price.objects.current().filter(product=locked).update(retired_at=now)
        price = Price.objects.create(product=locked, amount=money.minor, currency=money.currency, created_at=now)
        if locked.state == Product.State.PUBLISHED:
            require_ready(locked)
        index_product(locked)
        record_audit(actor=actor, action="product.priced", target=locked, amount=money.minor, currency=money.currency)
    return price


def _check(money: Money) -> None:
    if money.currency not in settings.LAYERSTORE_CURRENCIES:
        raise InvalidPrice(
            field="currency", sentence=gettext("Choose one of {currencies}.").format(currencies=", ".join(settings.LAYERSTORE_CURRENCIES))
        )
    step = CURRENCIES[money.currency].step
    if money.minor % step:
        sentence = gettext("{currency} is charged in steps of {step}.").format(
            currency=money.currency.upper(), step=Money(step, money.currency)
        )
        raise InvalidPrice(field="amount", sentence=sentence)
    least, most = smallest_price(money.currency), Money(LARGEST_CHARGE // step * step, money.currency)
    if money.minor and not least.minor <= money.minor <= most.minor:
        sentence = gettext("Ask for 0, or for {least} to {most}. A smaller payment would cost more than it brings.").format(
            least=least, most=most
        )
        raise InvalidPrice(field="amount", sentence=sentence)


def smallest_price(currency: str) -> Money:
    """Return the smallest price above 0: what Stripe charges at least, and what the shop does not lose money on."""
    row = CURRENCIES[currency]
    wanted = max(row.smallest_charge, settings.LAYERSTORE_SMALLEST_PRICES.get(currency, row.smallest_price))
    return Money(-(-wanted // row.step) * row.step, currency)
