"""Prices. Orders refer to the row they were sold under, so a change is a new row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext

from accounts.people.models import User
from audit.services import record_audit
from common.currencies import CURRENCIES, LARGEST_CHARGE
from common.db.locking import locked_transaction
from common.money import Money
from marketplace.images.ownership import require_owner
from marketplace.products.errors import EditionRetired, InvalidPrice, SoldInEditions
from marketplace.products.locks import lock_product
from marketplace.products.models import Edition, Price, Product
from marketplace.products.selectors.editions import is_sold_in_editions
from marketplace.products.selectors.offers import current_prices
from marketplace.products.services.publishing import require_ready
from marketplace.products.services.search_entries import index_product

Terms = tuple[str, int, str, int | None, str]


@dataclass(frozen=True, slots=True)
class NewPrice:
    """What a product is to cost in one currency.

    Attributes:
        money: of pay what you want the least that somebody may pay.
        suggested: with pay what you want what the page proposes; None for nothing. In the same currency.
        interval: how often it is paid; subscriptions that exist keep their price.
    """

    money: Money
    kind: str = Price.Kind.ONE_OFF
    suggested: Money | None = None
    interval: str = Price.Interval.ONCE

    @property
    def terms(self) -> Terms:
        """What makes two prices the same one."""
        suggested = None if self.suggested is None else self.suggested.minor
        return self.money.currency, self.money.minor, str(self.kind), suggested, str(self.interval)


def set_price(*, product: Product, money: Money, actor: User, interval: str = Price.Interval.ONCE) -> Price:
    """Set the product's only price: `set_prices` for one that is the same for everybody."""
    return set_prices(product=product, prices=[NewPrice(money, interval=interval)], actor=actor)[0]


def set_prices(
    *, product: Product, prices: Sequence[NewPrice], actor: User, edition: Edition | None = None, trial_days: int | None = None
) -> list[Price]:
    """Set what the product, or one of its editions, costs from now on, in each of its currencies.

    Earlier orders keep theirs, and so does an open checkout.

    What stays the same keeps its row; what changes gets a new one, and the one before is retired. The audit trail has both lists.

    Args:
        prices: at least one, in different ones of LAYERSTORE_CURRENCIES; the first is the leading one. All are of one kind and one
            interval, for a buyer who chooses the currency would choose these. A free product has one price.
        edition: of the product, whose prices are meant. An edition costs something.
        trial_days: as `set_trial` takes them, for all editions; None leaves them as they are. What is free has no trial.

    Returns:
        The current prices, the leading one first.

    Raises:
        NotYours, RoleNotEnough: the actor does not decide for its seller.
        InvalidPrice: an amount or a currency cannot be charged, or the payment would cost the shop more than it brings; or the prices
            contradict each other. Its `row` says which it is.
        SoldInEditions: the product has editions, and none is named.
        EditionRetired: it is no longer sold.
        ProductNotReady: the product is published, has to be paid for, and the seller cannot be paid.
    """
    require_owner(actor, product.seller_id)
    with locked_transaction():
        # Buying takes this lock too, so a buyer sees either the old prices or the new ones, never both or none.
        locked = lock_product(product_id=product.pk)
        _set_trial(locked, trial_days, actor)
        return put_prices(locked, edition, prices, actor)


def set_trial(*, product: Product, days: int, actor: User) -> Product:
    """Set for how many days the product, or any of its editions, can be tried from now on; 0 for no trial. Trials that run keep their end.

    Args:
        days: at most `LONGEST_TRIAL`.

    Raises:
        NotYours, RoleNotEnough: the actor does not decide for its seller.
    """
    require_owner(actor, product.seller_id)
    with locked_transaction():
        locked = lock_product(product_id=product.pk)
        _set_trial(locked, days, actor)
    return locked


def put_prices(product: Product, edition: Edition | None, prices: Sequence[NewPrice], actor: User) -> list[Price]:
    """Do what `set_prices` does, for a product whose lock the caller holds."""
    if edition is None and is_sold_in_editions(product):
        raise SoldInEditions
    if edition is not None and edition.retired_at is not None:
        raise EditionRetired
    before = _prices_of(product, edition)
    if [terms_of(price) for price in before] == _sorted_terms(prices):
        return before  # even if they could not be set any more
    _check(prices, {terms_of(price) for price in before})
    if edition is not None and any(price.money.minor == 0 for price in prices):
        raise InvalidPrice(field="amount", sentence=gettext("An edition costs something. Sell what is free as a product of its own."))
    _replace(product, edition, before, prices)
    if product.state == Product.State.PUBLISHED:
        require_ready(product)
    index_product(product)
    now, named = _prices_of(product, edition), {} if edition is None else {"edition": edition.name}
    record_audit(actor=actor, action="product.priced", target=product, before=_details(before), now=_details(now), **named)
    return now


def _prices_of(product: Product, edition: Edition | None) -> list[Price]:
    return [price for price in current_prices(product) if price.edition_id == (edition and edition.pk)]


def _set_trial(product: Product, days: int | None, actor: User) -> None:
    if days is None or days == product.trial_days:
        return
    record_audit(actor=actor, action="product.trial_set", target=product, before=product.trial_days, now=days)
    product.trial_days = days
    product.save(update_fields=["trial_days"])


def terms_of(price: Price) -> Terms:
    """Return what makes two prices the same one."""
    return price.currency, price.amount, price.kind, price.suggested, price.interval


def _sorted_terms(prices: Sequence[NewPrice]) -> list[Terms]:
    terms = [price.terms for price in prices]
    return terms[:1] + sorted(terms[1:], key=itemgetter(0))


def _replace(product: Product, edition: Edition | None, before: Sequence[Price], prices: Sequence[NewPrice]) -> None:
    """Retire the prices that go, write those that come, and let the first one lead."""
    at, wanted = timezone.now(), {price.terms: price for price in prices}
    staying = {terms_of(price): price.pk for price in before if terms_of(price) in wanted}
    current = Price.objects.current().filter(product=product, edition=edition)
    current.exclude(pk__in=staying.values()).update(retired_at=at)
    leads = [pk for terms, pk in staying.items() if terms == prices[0].terms]
    current.filter(leading=True).exclude(pk__in=leads).update(leading=False)
    current.filter(pk__in=leads).update(leading=True)
    Price.objects.bulk_create(
        Price(
            product=product,
            edition=edition,
            amount=price.money.minor,
            currency=price.money.currency,
            kind=price.kind,
            interval=price.interval,
            suggested=None if price.suggested is None else price.suggested.minor,
            leading=price is prices[0],
            created_at=at,
        )
        for terms, price in wanted.items()
        if terms not in staying
    )


def _details(prices: Sequence[Price]) -> list[Mapping[str, object]]:
    names = ("amount", "currency", "kind", "suggested", "interval")
    return [{name: value for name in names if (value := getattr(price, name)) not in {None, ""}} for price in prices]


def _check(prices: Sequence[NewPrice], known: set[Terms]) -> None:
    for row, price in enumerate(prices):
        _check_beside(price, prices, row)
        if price.terms not in known:
            _check_alone(price, row)


def _check_beside(price: NewPrice, prices: Sequence[NewPrice], row: int) -> None:
    """Make sure that a price goes with those before it."""
    others = prices[:row]
    if price.money.currency in {other.money.currency for other in others}:
        raise InvalidPrice(field="currency", row=row, sentence=gettext("Each currency has one price. Choose another currency."))
    if any(other.kind != price.kind for other in others):
        raise InvalidPrice(field="kind", row=row, sentence=gettext("Choose one kind of price for all currencies."))
    if any(other.interval != price.interval for other in others):
        raise InvalidPrice(field="interval", row=row, sentence=gettext("Have all currencies paid equally often."))
    if any((other.money.minor == 0) != (price.money.minor == 0) for other in others):
        raise InvalidPrice(field="amount", row=row, sentence=gettext("Ask for nothing in all currencies, or in none."))
    if others and price.money.minor == 0 and price.kind == Price.Kind.ONE_OFF:
        raise InvalidPrice(field="amount", row=row, sentence=gettext("What is free needs one price. Remove the others."))


def _check_alone(price: NewPrice, row: int) -> None:
    money = price.money
    if money.currency not in settings.LAYERSTORE_CURRENCIES:
        raise InvalidPrice(
            field="currency",
            row=row,
            sentence=gettext("Choose one of {currencies}.").format(currencies=", ".join(settings.LAYERSTORE_CURRENCIES)),
        )
    if refusal := why_not(money):
        raise InvalidPrice(field="amount", row=row, sentence=refusal)
    _check_interval(price, row)
    suggested = price.suggested
    if suggested is None:
        return
    if price.kind != Price.Kind.PAY_WHAT_YOU_WANT or not suggested.minor or suggested < money:
        sentence = gettext("Suggest at least the minimum, and more than 0; or leave it empty.")
        raise InvalidPrice(field="suggested", row=row, sentence=sentence)
    if refusal := why_not(suggested):
        raise InvalidPrice(field="suggested", row=row, sentence=refusal)


def _check_interval(price: NewPrice, row: int) -> None:
    """Make sure that what is paid again and again is paid, and as much each time."""
    if not price.interval:
        return
    if price.kind == Price.Kind.PAY_WHAT_YOU_WANT:
        sentence = gettext("What buyers decide to pay is paid once: choose “once”, or one price for everybody.")
        raise InvalidPrice(field="interval", row=row, sentence=sentence)
    if not price.money.minor:
        raise InvalidPrice(field="interval", row=row, sentence=gettext("What is free is not paid by the month: choose “once”."))


def why_not(money: Money) -> str:
    """Return a sentence that says why the shop does not sell for this amount of a currency that it knows; empty if it does."""
    step = CURRENCIES[money.currency].step
    if money.minor % step:
        return gettext("{currency} is charged in steps of {step}.").format(
            currency=money.currency.upper(), step=Money(step, money.currency)
        )
    least, most = smallest_price(money.currency), Money(LARGEST_CHARGE // step * step, money.currency)
    if money.minor and not least.minor <= money.minor <= most.minor:
        return gettext("Ask for 0, or for {least} to {most}. A smaller payment would cost more than it brings.").format(
            least=least, most=most
        )
    return ""


def smallest_price(currency: str) -> Money:
    """Return the smallest price above 0: what Stripe charges at least, and what the shop does not lose money on."""
    row = CURRENCIES[currency]
    wanted = max(row.smallest_charge, settings.LAYERSTORE_SMALLEST_PRICES.get(currency, row.smallest_price))
    return Money(-(-wanted // row.step) * row.step, currency)
