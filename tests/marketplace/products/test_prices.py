"""A price never changes: a new row takes its place."""

import pytest

from accounts.models import AuditEvent
from marketplace.errors import (
    InvalidPrice,
    ProductNotReady,
)
from marketplace.models import Price
from marketplace.selectors.offers import current_price
from marketplace.services.products import (
    set_price,
)
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

    new = set_price(product=product, amount=900, currency="usd", actor=owner(product))

    old.refresh_from_db()
    assert (old.amount, old.currency) == (500, "eur")
    assert old.retired_at == new.created_at
    assert current_price(product) == new
    assert str(new) == "$9.00"
    assert AuditEvent.objects.get(action="product.priced").details == {"amount": 900, "currency": "usd"}


def test_the_same_price_again_is_the_same_row():
    product = ProductFactory()
    before = snapshot()

    assert set_price(product=product, amount=500, currency="eur", actor=owner(product)) == current_price(product)

    assert snapshot() == before


def test_a_first_price_ends_no_other():
    product = DraftProductFactory(price=False)

    assert set_price(product=product, amount=0, currency="jpy", actor=owner(product)).is_free
    assert Price.objects.count() == 1


@pytest.mark.parametrize(
    ("amount", "currency", "field"),
    [
        pytest.param(-1, "eur", "amount", id="negative"),
        pytest.param(49, "eur", "amount", id="below what Stripe charges"),
        pytest.param(29, "gbp", "amount", id="below what Stripe charges in pounds"),
        pytest.param(100_000_000, "eur", "amount", id="above what Stripe charges"),
        pytest.param(500, "xxx", "currency", id="unknown currency"),
        pytest.param(500, "EUR", "currency", id="capitals"),
    ],
)
def test_a_price_that_cannot_be_charged_is_refused(amount, currency, field):
    product = ProductFactory()

    assert refused(InvalidPrice, set_price, product=product, amount=amount, currency=currency, actor=owner(product)).field == field


@pytest.mark.parametrize(("amount", "currency"), [(50, "eur"), (30, "gbp"), (50, "jpy"), (99_999_999, "eur"), (0, "chf")])
def test_the_limits_themselves_can_be_charged(amount, currency):
    product = ProductFactory()

    assert set_price(product=product, amount=amount, currency=currency, actor=owner(product)).amount == amount


def test_a_published_free_product_gets_no_price_without_stripe():
    product = FreeProductFactory()
    product.seller.charges_enabled = False
    product.seller.save()

    error = refused(ProductNotReady, set_price, product=product, amount=500, currency="eur", actor=owner(product))

    assert error.context == {"missing": ["stripe"]}
