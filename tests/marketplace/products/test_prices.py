"""A price never changes: a new row takes its place."""

import pytest

from audit.models import AuditEvent
from common.currencies import CURRENCIES, LARGEST_CHARGE
from common.money import Money
from marketplace.products.errors import InvalidPrice, ProductNotReady
from marketplace.products.models import Price
from marketplace.products.selectors.offers import current_price
from marketplace.products.services.prices import set_price, smallest_price
from tests.factories.marketplace import (
    DraftProductFactory,
    FreeProductFactory,
    ProductFactory,
)
from tests.marketplace.products.conftest import owner, refused, snapshot

pytestmark = pytest.mark.django_db


def test_a_change_of_price_is_a_new_row_and_the_old_one_ends():
    product = ProductFactory()
    old = product.prices.get()

    new = set_price(product=product, money=Money(900, "usd"), actor=owner(product))

    old.refresh_from_db()
    assert (old.amount, old.currency) == (500, "eur")
    assert old.retired_at == new.created_at
    assert current_price(product) == new
    assert str(new) == "$9.00"
    assert AuditEvent.objects.get(action="product.priced").details == {
        "before": [{"amount": 500, "currency": "eur", "kind": "one_off"}],
        "now": [{"amount": 900, "currency": "usd", "kind": "one_off"}],
    }


def test_the_same_price_again_is_the_same_row():
    product = ProductFactory()
    before = snapshot()

    assert set_price(product=product, money=Money(500, "eur"), actor=owner(product)) == current_price(product)

    assert snapshot() == before


def test_another_interval_is_another_price():
    product = ProductFactory()

    monthly = set_price(product=product, money=Money(500, "eur"), actor=owner(product), interval="month")

    assert (monthly.interval, current_price(product), product.prices.count()) == ("month", monthly, 2)
    assert set_price(product=product, money=Money(500, "eur"), actor=owner(product), interval="month") == monthly
    assert AuditEvent.objects.get(action="product.priced").details == {
        "before": [{"amount": 500, "currency": "eur", "kind": "one_off"}],
        "now": [{"amount": 500, "currency": "eur", "kind": "one_off", "interval": "month"}],
    }
    assert (monthly.words, str(monthly.money)) == ("€5.00 each month", "€5.00")


def test_a_first_price_ends_no_other():
    product = DraftProductFactory(price=False)

    assert set_price(product=product, money=Money(0, "jpy"), actor=owner(product)).is_free
    assert Price.objects.count() == 1


@pytest.mark.parametrize(
    ("amount", "currency", "field"),
    [
        pytest.param(-1, "eur", "amount", id="negative"),
        pytest.param(49, "eur", "amount", id="below what Stripe charges"),
        pytest.param(29, "gbp", "amount", id="below what Stripe charges in pounds"),
        pytest.param(100, "sek", "amount", id="below what Stripe charges in krona"),
        pytest.param(1250, "isk", "amount", id="hundredths of a króna"),
        pytest.param(400_050, "ugx", "amount", id="hundredths of a shilling"),
        pytest.param(1_255, "kwd", "amount", id="single thousandths"),
        pytest.param(100_000_000, "eur", "amount", id="above what Stripe charges"),
        pytest.param(500, "xxx", "currency", id="unknown currency"),
        pytest.param(500, "EUR", "currency", id="capitals"),
    ],
)
def test_a_price_that_cannot_be_charged_is_refused(amount, currency, field, settings):
    settings.LAYERSTORE_SMALLEST_PRICES = dict.fromkeys(CURRENCIES, 0)
    settings.LAYERSTORE_CURRENCIES = list(CURRENCIES)
    product = ProductFactory()

    assert refused(InvalidPrice, set_price, product=product, money=Money(amount, currency), actor=owner(product)).field == field


@pytest.mark.parametrize(("amount", "currency"), [(50, "eur"), (30, "gbp"), (50, "jpy"), (99_999_999, "eur"), (0, "chf")])
def test_the_limits_themselves_can_be_charged(amount, currency, settings):
    settings.LAYERSTORE_SMALLEST_PRICES = dict.fromkeys(CURRENCIES, 0)
    product = ProductFactory()

    assert set_price(product=product, money=Money(amount, currency), actor=owner(product)).amount == amount


@pytest.mark.parametrize(("amount", "currency"), [(299, "eur"), (349, "usd"), (1, "eur")])
def test_a_price_that_the_shop_loses_by_is_refused_and_says_what_may_be_asked(amount, currency):
    product = DraftProductFactory(price=False)

    error = refused(InvalidPrice, set_price, product=product, money=Money(amount, currency), actor=owner(product))

    assert str(smallest_price(currency)) in error.message
    assert set_price(product=product, money=smallest_price(currency), actor=owner(product)).amount


def test_the_shop_decides_how_little_may_be_asked(settings):
    settings.LAYERSTORE_SMALLEST_PRICES = {"eur": 1000, "isk": 50_050, "usd": 0}
    product = DraftProductFactory(price=False)

    assert [smallest_price(code).minor for code in ("eur", "isk", "usd", "gbp")] == [1000, 50_100, 50, 260]
    refused(InvalidPrice, set_price, product=product, money=Money(999, "eur"), actor=owner(product))
    assert set_price(product=product, money=Money(0, "eur"), actor=owner(product)).is_free


def test_an_older_price_below_the_smallest_stays_and_cannot_be_set_anew():
    product = ProductFactory(price__amount=100)
    before = snapshot()

    assert set_price(product=product, money=Money(100, "eur"), actor=owner(product)) == current_price(product)

    refused(InvalidPrice, set_price, product=product, money=Money(101, "eur"), actor=owner(product))
    assert snapshot() == before


def test_every_currency_can_be_asked_for_what_its_row_says():
    for code, row in CURRENCIES.items():
        assert 0 < row.smallest_charge <= row.smallest_price <= LARGEST_CHARGE, code
        assert row.smallest_charge % row.step == row.smallest_price % row.step == 0, code


def test_a_published_free_product_gets_no_price_without_stripe():
    product = FreeProductFactory()
    product.seller.charges_enabled = False
    product.seller.save()

    error = refused(ProductNotReady, set_price, product=product, money=Money(500, "eur"), actor=owner(product))

    assert error.context == {"missing": ["stripe"]}
