"""The page, the CSV file, the API and staff's overview give the same answer to the same question."""

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoDbBlocker
from rest_framework.test import APIClient

from billing.orders.models import Order
from billing.refunds.models import Refund
from common.money import Money
from marketplace.insights.models import DailyFigures, ProductViews
from marketplace.insights.periods import Unit
from marketplace.insights.sentences import write_count
from marketplace.products.models import Product
from tests.factories.accounts import AccessTokenFactory, UserFactory
from tests.factories.billing import OrderFactory, PaidOrderFactory, RefundFactory
from tests.factories.marketplace import ProductFactory, PullCountFactory
from tests.support.database import around_the_tests
from tests.support.pages import assert_sound

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 29)
COUNTS = ("orders", "refunds", "checkouts", "renewals", "first_pulls", "pulls", "pullers", "views")


@pytest.fixture(autouse=True, scope="module")
def _today() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.utils.timezone.now", lambda: datetime(2026, 11, 29, 12, tzinfo=UTC))
        yield


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def product(_today: None, django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Product]:
    """Made once, around the transactions of these tests, in which each takes back what it added."""
    with around_the_tests(django_db_blocker):
        yield sold_product()


def sold_product() -> Product:
    """A product with half a year of sales in two currencies, pulls, views and refunds; beside it another one of the seller."""
    product = ProductFactory()
    for place in range(0, 180, 9):
        day = TODAY - timedelta(days=place)
        order = PaidOrderFactory(product=product, amount=1000 + place, currency="eur", created_at=at(day), paid_at=at(day))
        PullCountFactory(image=product.images.get(), day=day, count=place + 1, buyer=order.buyer)
        ProductViews.objects.create(product=product, day=day, count=2 * place + 1)
    for place, ago in enumerate((2, 40)):
        refund = {"state": Refund.State.SUCCEEDED, "settled_at": at(TODAY - timedelta(days=ago))}
        RefundFactory(order=Order.objects.order_by("paid_at")[place], amount=250 + ago, **refund)
    other = ProductFactory(namespace=product.namespace)
    day = at(TODAY - timedelta(days=1))
    PaidOrderFactory(product=other, currency="usd", created_at=day, paid_at=day)
    OrderFactory(product=other, created_at=day)
    call_command("derive_series", "2026-01-01", "2026-11-29", stdout=StringIO())
    return product


@pytest.fixture
def page(product: Product, client: Client) -> Client:
    assert product.seller.account.user
    client.force_login(product.seller.account.user)
    return client


@pytest.fixture
def program(product: Product) -> APIClient:
    return APIClient(headers={"Authorization": f"Bearer {AccessTokenFactory(user=product.seller.account.user).secret}"})


def of_page(client: Client, asked: dict[str, str]) -> list[dict[str, Any]]:
    """Read what the page's figures are, and that its text has them."""
    answer = client.get("/selling/", asked)
    assert_sound(answer)
    numbers, html = answer.context["numbers"], answer.content.decode()
    for each in numbers.figures.periods:
        for code in numbers.shown_currencies:
            assert f'data-th="Revenue, {code.upper()}" class="num">{each.revenue(code)}</td>' in html
    return [
        {
            "begins": str(each.begins),
            "ends": str(each.ends),
            "amounts": {code: (each.revenue(code).minor, each.went_back(code).minor) for code in numbers.shown_currencies},
            **{name: getattr(each, name) for name in COUNTS},
        }
        for each in numbers.figures.periods
    ]


def of_csv(client: Client, asked: dict[str, str]) -> list[dict[str, Any]]:
    answer = client.get("/selling/figures.csv", asked)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(StringIO(answer.content.decode())))
    codes = [name.removeprefix("revenue_") for name in rows[0] if name.startswith("revenue_")]
    return [
        {
            "begins": row["begins"],
            "ends": row["ends"],
            "amounts": {code: tuple(round(float(row[f"{what}_{code}"]) * 100) for what in ("revenue", "refunded")) for code in codes},
            **{name: int(row[name]) for name in COUNTS},
        }
        for row in rows
    ]


def of_api(client: APIClient, asked: dict[str, str], codes: list[str]) -> list[dict[str, Any]]:
    answer = client.get("/api/v1/figures/", asked).json()
    assert answer["by"] == asked["by"]
    found = []
    for period in answer["periods"]:
        amounts = {row["currency"]: (row["revenue"], row["refunded"]) for row in period["amounts"]}
        found.append(period | {"amounts": {code: amounts.get(code, (0, 0)) for code in codes}})
    return found


@pytest.mark.parametrize("by", list(Unit))
@pytest.mark.parametrize("alone", [False, True], ids=["all products", "one product"])
def test_page_csv_and_api_give_the_same_figures(page, program, product, by, alone):
    asked = {"by": by.value} | ({"product": str(product.pk)} if alone else {})

    shown = of_page(page, asked)

    assert len(shown) == (6 if by is Unit.MONTH else by.shown)  # the first sale was in June
    assert any(each["orders"] for each in shown)
    assert of_csv(page, asked) == shown
    assert of_api(program, asked, list(shown[0]["amounts"])) == shown


def outlook_of_page(client: Client, asked: dict[str, str]) -> list[list[object]]:
    """Read the table of the last and the coming days, each an amount in minor units or nothing."""
    outlook = client.get("/selling/", asked).context["numbers"].outlook
    html = client.get("/selling/", asked).content.decode()
    edges = [(each.value, each.low, each.high) for each in (*outlook.line, *outlook.coming)]
    for low, high in ((each.low, each.high) for each in (*outlook.line, *outlook.coming)):
        assert f'data-th="At least" class="num">{Money(low, outlook.currency)}</td>' in html
        assert f'data-th="At most" class="num">{Money(high, outlook.currency)}</td>' in html
    days = [str(each.day) for each in (*outlook.line, *outlook.coming)]
    return [[day, *edge] for day, edge in zip(days, edges, strict=True)]


def outlook_of_csv(client: Client, asked: dict[str, str]) -> list[list[object]]:
    rows = csv.DictReader(StringIO(client.get("/selling/outlook.csv", asked).content.decode()))
    parts = ((row["day"], "smoothed" if row["smoothed"] else "forecast", row) for row in rows)
    return [[day, *(round(float(row[f"{part}{end}"]) * 100) for end in ("", "_low", "_high"))] for day, part, row in parts]


def outlook_of_api(client: APIClient, asked: dict[str, str]) -> list[list[object]]:
    (outlook,) = [
        one
        for one in client.get("/api/v1/figures/", asked).json()["outlooks"]
        if one["currency"] == asked.get("currency", "") and one["figure"] == asked.get("trend", "revenue")
    ]
    return [[each["day"], each["value"], each["low"], each["high"]] for each in (*outlook["line"], *outlook["forecast"]["days"])]


@pytest.mark.parametrize("alone", [False, True], ids=["all products", "one product"])
def test_page_csv_and_api_give_the_same_trend_and_forecast(page, program, product, alone):
    for ago in range(60):
        day = at(TODAY - timedelta(days=ago))
        PaidOrderFactory(product=product, amount=900 + 37 * (ago % 7) + ago, currency="eur", created_at=day, paid_at=day)
    call_command("derive_series", "2026-09-01", "2026-11-29", stdout=StringIO())
    asked = {"currency": "eur"} | ({"product": str(product.pk)} if alone else {})

    shown = outlook_of_page(page, asked)

    assert len(shown) == 90 + 30
    assert outlook_of_csv(page, asked) == shown
    assert outlook_of_api(program, asked) == shown
    told = next(one for one in program.get("/api/v1/figures/", asked).json()["outlooks"] if one["currency"] == "eur")
    outlook, html = page.get("/selling/", asked).context["numbers"].outlook, page.get("/selling/", asked).content.decode()
    total = Money(sum(day["value"] for day in told["forecast"]["days"]), "eur")
    assert f"The next 30 days bring about {total}" in html
    assert (told["trend"]["days"], told["begins"], told["until"]) == (outlook.trend.days, str(outlook.begins), str(outlook.until))
    assert told["trend"]["per_week"] == round(outlook.trend.per_week)


@pytest.mark.parametrize("trend", ["pulls", "views", "orders"])
def test_page_csv_and_api_give_the_same_outlook_of_counts(page, program, product, trend):
    asked = {"trend": trend}

    outlook = page.get("/selling/", asked).context["numbers"].outlook
    html = page.get("/selling/", asked).content.decode()
    rows = list(csv.DictReader(StringIO(page.get("/selling/outlook.csv", asked).content.decode())))

    shown = [[str(each.day), each.value, each.low, each.high] for each in (*outlook.line, *outlook.coming)]
    assert len(outlook.line) == 90
    for each in outlook.line:
        assert f'data-th="Smoothed" class="num">{write_count(each.value)}</td>' in html
    assert [[row["day"], *(float(row[f"smoothed{end}"]) for end in ("", "_low", "_high"))] for row in rows] == shown
    assert [float(row[trend]) for row in rows] == [count for _, count in outlook.days]
    assert outlook_of_api(program, asked) == shown
    told = next(one for one in program.get("/api/v1/figures/").json()["outlooks"] if one["figure"] == trend)
    assert told["trend"]["per_week"] == round(outlook.trend.per_week, 1)


def test_what_was_sold_too_seldom_has_no_forecast_on_any_face(page, program):
    assert "No forecast yet: it needs 42 days on which something was sold, and there are 19." in page.get("/selling/").content.decode()
    forecasts = {one["currency"]: one["forecast"] for one in program.get("/api/v1/figures/").json()["outlooks"]}
    assert (forecasts["eur"]["method"], forecasts["eur"]["reason"], forecasts["eur"]["count"], forecasts["eur"]["days"]) == (
        *("none", "fewer than 42 days with sales", 19),
        [],
    )
    assert forecasts["usd"]["reason"] == "fewer than 56 days"
    lines = page.get("/selling/outlook.csv", {"currency": "eur"}).content.decode().splitlines()
    assert len(lines) == 1 + 90
    assert page.get("/selling/outlook.csv", {"currency": "usd"}).content.decode().splitlines()[1:] == ["2026-11-28,5.00,,,,,,"]


def test_the_page_and_staff_give_the_same_month(page, product):
    figures = page.get("/selling/").context["numbers"].figures
    staff = Client()
    staff.force_login(UserFactory(staff=True))

    html = staff.get("/admin/").content.decode()

    now, before = figures.current, figures.before
    assert now.paid["eur"] > 0
    for text in (
        f"{now.orders} orders, {now.revenue('eur')}, {now.revenue('usd')}",
        f"{now.revenue('eur')}, before {before.revenue('eur')}",
        f"{now.pulls}, before {before.pulls}",
        f"{now.refunds}, before {before.refunds}",
        f"{now.views:,}, before {before.views:,}",
    ):
        assert f"<dd>{text}</dd>" in html
    rows = DailyFigures.objects.filter(seller=product.seller, product=None, currency="eur", day__range=(now.begins, now.ends))
    listed = staff.get(f"/admin/marketplace/dailyfigures/?seller__exact={product.seller.pk}&product__isempty=1&currency__exact=eur")
    assert {row.pk for row in rows} <= {row.pk for row in listed.context["cl"].result_list}
    assert sum(row.paid - row.refunded for row in rows) == now.revenue("eur").minor


def test_the_current_month_stands_beside_the_same_days_of_the_one_before(page):
    headlines = {headline.label: headline for headline in page.get("/selling/").context["numbers"].headlines}

    assert (headlines["Orders"].value, headlines["Orders"].change, headlines["Orders"].better) == ("4", "+33.3 %", True)
    assert headlines["Distinct pullers"].note == "± 0.81 %"
    refunds = headlines["Refunds and disputes, EUR"]
    assert (refunds.value, refunds.change, refunds.better) == ("€2.52", "−€0.38", True)


def test_a_seller_without_sales_sees_zeros_and_no_empty_page(client: Client):
    product = ProductFactory()
    client.force_login(product.seller.account.user)

    answer = client.get("/selling/")

    assert_sound(answer)
    assert answer.context["numbers"].is_empty
    assert "Everybody who paid has pulled." not in answer.content.decode()


@pytest.mark.parametrize("asked", ["nonsense", "00000000-0000-0000-0000-000000000000", "foreign"])
def test_a_product_of_somebody_else_is_not_there(page, program, asked):
    product = str(ProductFactory().pk) if asked == "foreign" else asked

    assert page.get("/selling/", {"product": product}).status_code == 404
    assert page.get("/selling/figures.csv", {"product": product}).status_code == 404
    assert program.get("/api/v1/figures/", {"product": product}).status_code == (400 if asked == "nonsense" else 404)


def test_queries_do_not_grow_with_days_and_sales(page, product):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            page.get("/selling/")
        return len(captured)

    queries()
    DailyFigures.objects.filter(day__gt=TODAY - timedelta(days=20)).delete()
    few = queries()
    call_command("derive_series", "2026-01-01", "2026-11-29", stdout=StringIO())

    assert queries() == few


def test_amounts_in_a_file_are_exact(page):
    row = of_csv(page, {"by": "month"})[-1]
    (line,) = [line for line in page.get("/selling/figures.csv").content.decode().splitlines() if line.startswith("2026-11-01")]

    assert Money(row["amounts"]["eur"][0], "eur").typed in line.split(",")
