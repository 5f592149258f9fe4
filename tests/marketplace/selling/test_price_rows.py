"""The editor's prices: a row for each currency, added and removed without a script."""

from typing import Any

import pytest
from django.test import Client

from common.money import Money
from marketplace.images.models import Namespace
from marketplace.products.models import Price, Product
from marketplace.products.selectors.offers import EARLIER_SHOWN
from marketplace.products.services.prices import set_price
from tests.factories.marketplace import DraftProductFactory, ProductFactory
from tests.marketplace.products.conftest import owner
from tests.support.pages import assert_sound

pytestmark = pytest.mark.django_db


@pytest.fixture
def product(namespace: Namespace) -> Product:
    return DraftProductFactory(namespace=namespace, price=False)


def send(client: Client, product: Product, rows: list[tuple[str, ...]], **more: str) -> Any:
    names = ("amount", "currency", "suggested")
    data = {name: [row[number] for row in rows if number < len(row)] for number, name in enumerate(names)}
    return client.post(f"/selling/products/{product.pk}/price", {**data, **more}, follow=True)


def current(product: Product) -> list[tuple[str, int, str, int | None]]:
    rows = product.prices.filter(retired_at=None).order_by("-leading", "currency")
    return [(row.currency, row.amount, row.kind, row.suggested) for row in rows]


def rows_of(response: Any) -> list[tuple[str, str]]:
    return [(row["amount"].value() or "", row["currency"].value()) for row in response.context["price_form"].rows]


def test_a_row_more_is_shown_with_what_was_typed_and_nothing_is_saved(seller_client: Client, product: Product) -> None:
    response = send(seller_client, product, [("lots", "usd"), ("7", "eur")], more="1", leading="1", kind="pwyw")

    assert_sound(response)
    assert rows_of(response) == [("lots", "usd"), ("7", "eur"), ("", "gbp")]
    assert (response.context["price_form"].leading, response.context["price_form"].shared["kind"].value()) == (1, "pwyw")
    assert not product.prices.exists()


def test_a_price_in_a_currency_that_the_shop_offers_no_more_is_never_saved_in_another(
    seller_client: Client, product: Product, settings: Any
) -> None:
    send(seller_client, product, [("70", "usd")])
    settings.LAYERSTORE_CURRENCIES = ["eur", "gbp"]

    page = seller_client.get(f"/selling/products/{product.pk}/")
    refused = send(seller_client, product, [("80", "usd")])

    assert '<option value="usd" selected>USD</option>' in page.content.decode()
    assert_sound(refused)
    assert "Choose one of eur, gbp." in refused.content.decode()
    assert '<option value="usd" selected>USD</option>' in refused.content.decode()
    assert [row[:2] for row in current(product)] == [("usd", 7000)]


def test_no_more_rows_than_the_shop_has_currencies(seller_client: Client, product: Product, settings: Any) -> None:
    settings.LAYERSTORE_CURRENCIES = ["eur", "usd"]

    response = send(seller_client, product, [("5", "eur"), ("6", "usd"), ("7", "usd"), ("8", "usd")], more="1")

    assert len(rows_of(response)) == 3
    assert "Add a currency" not in response.content.decode()


def test_prices_are_set_in_each_currency_and_the_one_that_is_ticked_leads(seller_client: Client, product: Product) -> None:
    response = send(seller_client, product, [("5", "eur"), ("6.50", "usd"), ("700", "jpy")], leading="1")

    assert_sound(response)
    assert current(product) == [("usd", 650, "one_off", None), ("eur", 500, "one_off", None), ("jpy", 700, "one_off", None)]
    assert "It costs $6.50, €5.00, ¥700 from now on." in response.content.decode()
    assert rows_of(response) == [("6.50", "usd"), ("5.00", "eur"), ("700", "jpy")]


@pytest.mark.parametrize(("leading", "first"), [("0", "usd"), ("1", "usd"), ("2", "gbp"), ("9", "usd"), ("x", "usd")])
def test_an_empty_amount_removes_its_currency(seller_client: Client, product: Product, leading: str, first: str) -> None:
    send(seller_client, product, [("", "eur"), ("6", "usd"), ("7", "gbp")], leading=leading)

    assert [row[0] for row in current(product)] == sorted(["usd", "gbp"], key=lambda code: code != first)


def test_buyers_may_decide_and_are_proposed_something(seller_client: Client, product: Product) -> None:
    response = send(seller_client, product, [("5", "eur", "9"), ("6", "usd", "")], kind="pwyw")

    assert_sound(response)
    assert current(product) == [("eur", 500, "pwyw", 900), ("usd", 600, "pwyw", None)]
    assert "Buyers pay what they want from now on." in response.content.decode()
    assert response.context["price_form"].shared["kind"].value() == "pwyw"
    assert [row["suggested"].value() for row in response.context["price_form"].rows] == ["9.00", ""]


def test_what_is_suggested_says_nothing_where_the_seller_decides(seller_client: Client, product: Product) -> None:
    for suggested in ("9", "1", "much"):
        send(seller_client, product, [("5", "eur", suggested)], kind="one_off")

    assert current(product) == [("eur", 500, "one_off", None)]


@pytest.mark.parametrize(
    ("rows", "more", "status", "wrong"),
    [
        pytest.param([("5", "eur"), ("much", "usd")], {}, 400, [[], ["amount"]], id="no amount"),
        pytest.param([("5", "eur", "much")], {"kind": "pwyw"}, 400, [["suggested"]], id="no amount suggested"),
        pytest.param([("5", "eur"), ("1", "usd")], {"leading": "0"}, 422, [[], ["amount"]], id="too little"),
        pytest.param([("1", "eur"), ("5", "usd")], {"leading": "1"}, 422, [["amount"], []], id="too little, and another one leads"),
        pytest.param([("5", "eur"), ("1", "usd")], {"leading": "1"}, 422, [[], ["amount"]], id="too little in the one that leads"),
        pytest.param([("5", "eur"), ("6", "eur")], {}, 422, [[], ["currency"]], id="one currency twice"),
        pytest.param([("5", "eur")], {"kind": "never"}, 400, [[]], id="no such kind"),
        pytest.param([], {}, 400, [["amount", "currency"]], id="nothing"),
        pytest.param([("5", "eur", "1")], {"kind": "pwyw"}, 422, [["suggested"]], id="less suggested than the minimum"),
    ],
)
def test_what_is_refused_is_said_beside_its_row_and_nothing_is_saved(
    seller_client: Client, product: Product, rows: list[tuple[str, ...]], more: dict[str, str], status: int, wrong: list[list[str]]
) -> None:
    response = send(seller_client, product, rows, **more)

    assert_sound(response)
    assert response.status_code == status
    assert [sorted(row.errors) for row in response.context["price_form"].rows] == wrong
    assert bool(response.context["price_form"].shared.errors) == (more.get("kind") == "never")
    assert not Price.objects.exists()


def test_a_refusal_that_is_about_no_row_stands_above_them(seller_client: Client, namespace: Namespace) -> None:
    product = ProductFactory(namespace=namespace, price__amount=0)
    product.seller.charges_enabled = False
    product.seller.save()

    response = send(seller_client, product, [("5", "eur"), ("6", "usd")], leading="1")

    assert_sound(response)
    assert (response.status_code, current(product)) == (409, [("eur", 0, "one_off", None)])
    assert "Connect to Stripe, so that you can be paid." in response.content.decode()


def test_what_it_cost_before_is_listed_the_latest_first_and_no_more_than_a_page_shows(seller_client: Client, product: Product) -> None:
    assert "Earlier prices" not in seller_client.get(f"/selling/products/{product.pk}/").content.decode()
    for amount in range(5, 5 + EARLIER_SHOWN + 2):
        set_price(product=product, money=Money(amount * 100, "eur"), actor=owner(product))

    response = seller_client.get(f"/selling/products/{product.pk}/")

    assert_sound(response)
    shown = [price.amount for price in response.context["earlier_prices"]]
    assert (len(shown), shown[:2]) == (EARLIER_SHOWN, [2500, 2400])
    assert '<th scope="row">€25.00</th>' in response.content.decode()


def test_it_is_paid_by_the_month_in_each_currency_and_the_form_says_so(seller_client: Client, product: Product) -> None:
    response = send(seller_client, product, [("5", "eur"), ("6", "usd")], interval="month")

    assert "It costs €5.00 each month, $6.00 each month from now on." in response.content.decode()
    assert set(product.prices.values_list("interval", flat=True)) == {"month"}
    assert response.context["price_form"].shared["interval"].value() == "month"
    more = send(seller_client, product, [("5", "eur")], interval="year", more="1")
    assert more.context["price_form"].shared["interval"].value() == "year"


@pytest.mark.parametrize(("kind", "interval", "status"), [("pwyw", "month", 422), ("one_off", "day", 400)])
def test_how_often_it_cannot_be_paid_is_said_there_and_nothing_is_saved(
    seller_client: Client, product: Product, kind: str, interval: str, status: int
) -> None:
    response = send(seller_client, product, [("5", "eur")], kind=kind, interval=interval)

    assert_sound(response)
    shared = response.context["price_form"].shared
    assert (response.status_code, list(shared.errors), current(product)) == (status, ["interval"], [])
