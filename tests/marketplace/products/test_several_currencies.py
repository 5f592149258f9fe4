"""A product has a price in each of several currencies, all of one kind; one of them leads."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from audit.models import AuditEvent
from common.currencies import CURRENCIES
from common.money import Money
from common.web import currencies
from marketplace.entitlements.errors import ProductNotFree
from marketplace.entitlements.policy import Subject, access_facts, allowed_actions
from marketplace.entitlements.services.grants import obtain_free_product
from marketplace.products.errors import InvalidPrice, PriceChanged, ProductNotReady
from marketplace.products.models import Price, Product, SearchEntry
from marketplace.products.selectors.offers import (
    current_price,
    current_prices,
    offered_price,
    price_shown,
    require_offered,
    with_current_prices,
)
from marketplace.products.selectors.readiness import Missing, missing_for_publication
from marketplace.products.services.prices import NewPrice, set_price, set_prices
from marketplace.products.services.publishing import publish_product
from marketplace.search.query import Sort
from marketplace.search.results import find
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import DraftProductFactory, FreeProductFactory, ProductFactory
from tests.marketplace.products.conftest import owner, refused

pytestmark = pytest.mark.django_db
PWYW = Price.Kind.PAY_WHAT_YOU_WANT


def one_off(amount: int, currency: str) -> NewPrice:
    return NewPrice(Money(amount, currency))


def pwyw(amount: int, currency: str, suggested: int | None = None) -> NewPrice:
    return NewPrice(Money(amount, currency), PWYW, None if suggested is None else Money(suggested, currency))


def monthly(amount: int, currency: str, kind: str = Price.Kind.ONE_OFF) -> NewPrice:
    return NewPrice(Money(amount, currency), kind, interval=Price.Interval.MONTH)


def price(product: Product, *prices: NewPrice) -> list[Price]:
    return set_prices(product=product, prices=prices, actor=owner(product))


def now(product: Product) -> list[tuple[str, int, bool]]:
    return [(each.currency, each.amount, each.leading) for each in current_prices(product)]


@contextmanager
def reader_wanting(*codes: str) -> Iterator[None]:
    token = currencies._wanted.set(codes)
    try:
        yield
    finally:
        currencies._wanted.reset(token)


def test_each_currency_has_one_price_and_the_first_one_leads() -> None:
    product = ProductFactory()

    price(product, one_off(900, "usd"), one_off(800, "eur"), one_off(850, "chf"))

    assert now(product) == [("usd", 900, True), ("chf", 850, False), ("eur", 800, False)]
    assert current_price(product) == current_prices(product)[0]


def test_what_stays_the_same_keeps_its_row_and_what_changes_gets_a_new_one() -> None:
    product = ProductFactory()
    kept = product.prices.get()

    price(product, one_off(500, "eur"), one_off(900, "usd"))
    price(product, one_off(950, "usd"), one_off(500, "eur"))

    assert now(product) == [("usd", 950, True), ("eur", 500, False)]
    kept.refresh_from_db()
    assert (kept.retired_at, kept.leading) == (None, False)
    assert [(each.amount, each.retired_at is None) for each in product.prices.filter(currency="usd")] == [(950, True), (900, False)]


def test_the_leading_price_changes_without_a_new_row() -> None:
    product = ProductFactory()
    before = {each.pk for each in price(product, one_off(500, "eur"), one_off(900, "usd"))}

    after = price(product, one_off(900, "usd"), one_off(500, "eur"))

    assert ({each.pk for each in after}, now(product)) == (before, [("usd", 900, True), ("eur", 500, False)])
    assert SearchEntry.objects.get().cost == 900


def test_the_same_prices_again_change_nothing() -> None:
    product = ProductFactory()
    before = price(product, one_off(900, "usd"), one_off(500, "eur"), one_off(800, "chf"))
    events = AuditEvent.objects.count()

    assert price(product, one_off(900, "usd"), one_off(800, "chf"), one_off(500, "eur")) == before
    assert (AuditEvent.objects.count(), Price.objects.count()) == (events, 3)


def test_one_price_retires_all_others_and_the_trail_knows_who_changed_what() -> None:
    product = ProductFactory()
    price(product, pwyw(500, "eur", 900), pwyw(600, "usd"))

    set_price(product=product, money=Money(700, "gbp"), actor=owner(product))

    assert now(product) == [("gbp", 700, True)]
    assert product.prices.filter(retired_at__isnull=False).count() == 3
    event = AuditEvent.objects.filter(action="product.priced").latest("at")
    assert (event.actor_id, event.details) == (
        owner(product).pk,
        {
            "before": [
                {"amount": 500, "currency": "eur", "kind": "pwyw", "suggested": 900},
                {"amount": 600, "currency": "usd", "kind": "pwyw"},
            ],
            "now": [{"amount": 700, "currency": "gbp", "kind": "one_off"}],
        },
    )


@pytest.mark.parametrize(
    ("prices", "field", "row"),
    [
        pytest.param([one_off(500, "eur"), one_off(900, "eur")], "currency", 1, id="one currency twice"),
        pytest.param([pwyw(500, "eur"), pwyw(600, "usd"), pwyw(600, "usd", 900)], "currency", 2, id="twice, and one of them suggests more"),
        pytest.param([one_off(500, "eur"), pwyw(500, "usd")], "kind", 1, id="two kinds"),
        pytest.param([pwyw(0, "eur"), pwyw(500, "usd")], "amount", 1, id="for nothing in one currency only"),
        pytest.param([one_off(0, "eur"), one_off(0, "usd")], "amount", 1, id="free in two currencies"),
        pytest.param([one_off(500, "eur"), one_off(900, "usd"), one_off(1, "gbp")], "amount", 2, id="too little in one"),
        pytest.param([one_off(500, "eur"), one_off(900, "xxx")], "currency", 1, id="a currency that the shop does not know"),
        pytest.param([pwyw(500, "eur"), pwyw(100, "usd")], "amount", 1, id="too little as a minimum"),
        pytest.param([pwyw(500, "eur", 499)], "suggested", 0, id="less suggested than the minimum"),
        pytest.param([pwyw(0, "eur", 0)], "suggested", 0, id="nothing suggested"),
        pytest.param([pwyw(0, "eur", 100)], "suggested", 0, id="less suggested than the shop sells for"),
        pytest.param([monthly(500, "eur"), one_off(500, "usd")], "interval", 1, id="by the month in one currency only"),
        pytest.param([monthly(0, "eur")], "interval", 0, id="nothing by the month"),
        pytest.param([monthly(500, "eur", PWYW)], "interval", 0, id="by the month what buyers decide"),
        pytest.param([NewPrice(Money(500, "eur"), suggested=Money(600, "eur"))], "suggested", 0, id="suggested where nobody decides"),
    ],
)
def test_prices_that_contradict_each_other_or_cannot_be_charged_are_refused_all_together(
    prices: list[NewPrice], field: str, row: int
) -> None:
    product = ProductFactory(price__amount=700)

    error = refused(InvalidPrice, set_prices, product=product, prices=prices, actor=owner(product))

    assert (error.field, error.row) == (field, row)


@pytest.mark.parametrize("code", CURRENCIES)
def test_the_least_of_each_currency_may_be_a_minimum_and_a_step_more_suggested(code: str, settings) -> None:
    settings.LAYERSTORE_CURRENCIES, row = list(CURRENCIES), CURRENCIES[code]
    product = DraftProductFactory(price=False)

    (made,) = price(product, pwyw(row.smallest_price, code, row.smallest_price + row.step))

    assert (made.money.minor, made.suggestion) == (row.smallest_price, Money(row.smallest_price + row.step, code))


@pytest.mark.parametrize(
    ("wants", "shown"),
    [
        ((), "usd"),
        (("eur",), "eur"),
        (("chf",), "chf"),
        (("jpy",), "usd"),
        (("jpy", "chf", "eur"), "chf"),
    ],
)
def test_a_reader_is_shown_the_currency_they_want_most_of_those_there_are(wants: tuple[str, ...], shown: str) -> None:
    product = ProductFactory()
    price(product, one_off(900, "usd"), one_off(800, "eur"), one_off(850, "chf"))

    with reader_wanting(*wants):
        found, offered = price_shown(product), offered_price(product)

    assert found == offered
    assert found is not None
    assert found.currency == shown
    assert current_price(product).currency == "usd"  # type: ignore[union-attr]  # it has one


def test_a_currency_that_stripe_refuses_the_seller_is_not_shown_and_must_go_before_publication() -> None:
    product = DraftProductFactory()
    price(product, one_off(900, "usd"), one_off(800, "eur"))
    product.seller.refused_currencies = ["eur"]
    product.seller.save()

    with reader_wanting("eur"):
        shown = price_shown(product)

    assert shown is not None
    assert shown.currency == "usd"
    assert missing_for_publication(product) == [Missing("price", currencies=("EUR",))]  # type: ignore[arg-type]  # a StrEnum
    error = refused(ProductNotReady, publish_product, product=product, actor=owner(product))
    assert error.message == "Change or remove the price in EUR: Stripe does not charge it for you."
    product.seller.refused_currencies = ["usd"]
    product.seller.save()
    assert offered_price(ProductFactory(namespace=product.namespace, price__currency="usd")) is None


@pytest.mark.parametrize(
    ("amount", "currency", "named"),
    [(49, "eur", ("EUR",)), (50, "eur", ()), (500, "sek", ("SEK",)), (500, "xxx", ("XXX",))],
)
def test_what_stripe_would_not_charge_is_not_ready(amount: int, currency: str, named: tuple[str, ...]) -> None:
    product = DraftProductFactory(price__amount=amount, price__currency=currency)

    assert [missing.currencies for missing in missing_for_publication(product)] == ([named] if named else [])


def test_pay_what_you_want_from_nothing_on_needs_a_seller_who_can_be_paid() -> None:
    product = FreeProductFactory()
    product.seller.charges_enabled = False
    product.seller.save()

    error = refused(ProductNotReady, set_prices, product=product, prices=[pwyw(0, "eur")], actor=owner(product))

    assert error.context == {"missing": ["stripe"]}


def test_the_price_that_somebody_was_shown_is_required_or_the_leading_one() -> None:
    product = ProductFactory()
    usd, eur = price(product, one_off(900, "usd"), one_off(800, "eur"))

    assert (require_offered(product, eur.pk), require_offered(product)) == (eur, usd)
    price(product, one_off(900, "usd"))
    with pytest.raises(PriceChanged):
        require_offered(product, eur.pk)


@pytest.mark.parametrize(
    ("made", "words", "free"),
    [
        (one_off(500, "eur"), "€5.00", False),
        (one_off(0, "eur"), "Free", True),
        (monthly(500, "eur"), "€5.00 each month", False),
        (pwyw(500, "eur"), "from €5.00", False),
        (pwyw(0, "eur"), "Pay what you want", False),
    ],
)
def test_a_price_in_words_and_whether_everybody_has_it_for_nothing(made: NewPrice, words: str, *, free: bool) -> None:
    product = DraftProductFactory(price=False)

    (found,) = price(product, made)

    assert (found.words, found.is_free) == (words, free)
    assert Price.objects.current().free().filter(pk=found.pk).exists() == free
    assert Price.objects.current().paid().filter(pk=found.pk).exists() != free
    assert str(found) in {"€5.00", "free", "pay what you want from €5.00", "pay what you want from €0.00"}


def test_images_are_public_where_the_product_is_free_and_not_where_buyers_may_pay_nothing() -> None:
    product = DraftProductFactory()
    image, anonymous = product.images.get(), Subject.anonymous()
    given, may_be_paid = [one_off(0, "eur")], [pwyw(0, "eur"), pwyw(0, "usd")]

    def public(prices: list[NewPrice]) -> bool:
        price(product, *prices)
        Product.objects.update(state="published", published_at=product.created_at)
        return bool(allowed_actions(subject=anonymous, repositories=[image.repository])[image.repository])

    assert [public(prices) for prices in (given, may_be_paid, [one_off(500, "eur")])] == [True, False, False]
    price(product, one_off(500, "eur"), one_off(900, "usd"))
    sold_at = access_facts(subject=anonymous, repositories=[image.repository])[image.repository].sold_at
    assert sold_at == f"/{product.namespace.name}/{product.slug}"


def test_what_may_be_had_for_nothing_is_obtained_for_nothing_and_nothing_else_is() -> None:
    product, user = ProductFactory(), UserFactory()

    price(product, pwyw(500, "eur"))
    with pytest.raises(ProductNotFree):
        obtain_free_product(product=product, user=user)
    price(product, pwyw(0, "eur"))

    assert [each.source_kind for each in obtain_free_product(product=product, user=user)] == ["free"]


def test_a_search_sorts_and_filters_by_the_leading_price_whoever_asks() -> None:
    cheap, dear, nothing = (ProductFactory(slug=slug) for slug in ("cheap", "dear", "nothing"))
    price(cheap, one_off(500, "eur"), one_off(90_000, "usd"))
    price(dear, one_off(90_000, "eur"), one_off(500, "usd"))
    price(nothing, pwyw(0, "eur"), pwyw(0, "usd"))

    def found(**chosen: list[str]) -> list[str]:
        return [each.slug for each in find(text="", chosen=chosen, sort=Sort.PRICE, page=None).products]

    with reader_wanting("usd"):
        assert found() == ["nothing", "cheap", "dear"]
        assert (found(price=["free"]), found(price=["paid"])) == (["nothing"], ["cheap", "dear"])


def test_a_list_asks_once_for_all_prices_of_all_its_products(django_assert_num_queries) -> None:
    for _ in range(3):
        price(ProductFactory(), one_off(500, "eur"), one_off(900, "usd"), one_off(850, "chf"))

    with django_assert_num_queries(2):
        products = list(with_current_prices(Product.objects.select_related("seller")))
        assert [len(current_prices(product)) for product in products] == [3, 3, 3]
        assert {price_shown(product).currency for product in products} == {"eur"}  # type: ignore[union-attr]  # each has one
