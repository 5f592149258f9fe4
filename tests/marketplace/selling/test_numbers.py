"""What the dashboard says of a seller's figures."""

from datetime import date, timedelta

import pytest
from django.http import Http404
from django.test import Client

from accounts.organisations.models import Role
from accounts.sellers.models import SellerProfile
from common.money import Money
from marketplace.insights.figures import last_whole_day, top_shops
from marketplace.insights.models import DailyFigures
from marketplace.insights.outlook_models import RevenueOutlook
from marketplace.insights.outlook_upkeep import note_series, renew_outlooks
from marketplace.insights.periods import Unit
from marketplace.insights.sentences import write_count
from marketplace.insights.templatetags.charts import outlook_chart
from marketplace.insights.templatetags.numbers import tick
from marketplace.selling import numbers as module
from marketplace.selling.numbers import Headline, numbers_of
from tests.factories.accounts import MembershipFactory, OrganisationSellerFactory
from tests.factories.marketplace import NamespaceFactory, ProductFactory
from tests.support.pages import assert_sound

pytestmark = pytest.mark.django_db
UNTIL = date(2026, 11, 28)


def day(seller: SellerProfile, on: date, **figures: object) -> None:
    DailyFigures.objects.create(seller=seller, day=on, **figures)


def headlines(seller: SellerProfile) -> dict[str, Headline]:
    return {one.label: one for one in numbers_of(seller, {"by": "day"}, until=UNTIL).headlines}


def test_a_figure_stands_beside_the_one_before(seller):
    before = UNTIL - timedelta(days=7)
    day(seller, before, currency="eur", paid=1000, refunded=100, orders=2, refunds=1)
    day(seller, before, pulls=10, pullers=4, views=7)
    day(seller, UNTIL, currency="eur", paid=1350, refunded=400, orders=1, refunds=2)
    day(seller, UNTIL, pulls=10, pullers=6)

    found = headlines(seller)

    assert found["Revenue, after refunds"] == Headline("Revenue, after refunds", "€9.50", "+5.6 %", better=True)
    assert found["Orders"] == Headline("Orders", "1", "−50.0 %", better=False)
    assert found["Pulls"] == Headline("Pulls", "10", "±0 %", better=None)
    assert found["Distinct pullers"] == Headline("Distinct pullers", "6", "+50.0 %", better=True, note="± 0.81 %")
    assert found["Views"] == Headline("Views", "0", "−100.0 %", better=False)
    assert found["Refunds and disputes"] == Headline("Refunds and disputes", "€4.00", "+€3.00", better=False)


def test_there_is_no_percentage_of_nothing_or_less(seller):
    before = UNTIL - timedelta(days=7)
    day(seller, before, currency="eur", refunded=100)
    day(seller, UNTIL, currency="eur", paid=100, orders=1)

    found = headlines(seller)

    assert (found["Revenue, after refunds"].change, found["Revenue, after refunds"].better) == ("+€2.00", True)
    assert (found["Orders"].change, found["Pulls"].change) == ("from nothing", "")
    assert found["Refunds and disputes"] == Headline("Refunds and disputes", "€0.00", "−€1.00", better=True)


@pytest.mark.parametrize(
    ("paid", "change", "better"), [(0, "−€3.00", False), (200, "−€1.00", False), (300, "", None), (20_300, "+€200.00", True)]
)
def test_after_a_revenue_below_zero_the_change_is_an_amount(seller, paid, change, better):
    day(seller, UNTIL - timedelta(days=7), currency="eur", refunded=100, refunds=1)
    day(seller, UNTIL, currency="eur", paid=paid, refunded=400, refunds=1)

    revenue = headlines(seller)["Revenue, after refunds"]

    assert (revenue.change, revenue.better) == (change, better)


def test_the_currency_with_the_most_orders_is_drawn_unless_another_one_is_asked_for(seller):
    day(seller, UNTIL, currency="usd", paid=900, orders=1)
    day(seller, UNTIL, currency="eur", paid=500, orders=2)

    assert [numbers_of(seller, {"currency": asked}, until=UNTIL).currency for asked in ("", "usd", "xyz")] == ["eur", "usd", "eur"]
    assert numbers_of(seller, {"currency": "usd"}, until=UNTIL).revenue[-1] == 900
    assert {"Revenue, after refunds, EUR", "Revenue, after refunds, USD"} <= headlines(seller).keys()


def test_what_is_asked_for_and_makes_no_sense_is_the_last_year_of_all(seller):
    numbers = numbers_of(seller, {"by": "century"}, until=UNTIL)

    assert (numbers.unit, numbers.product, numbers.currency, numbers.is_empty) == (Unit.MONTH, None, "eur", True)


def test_an_old_product_beyond_the_list_is_still_to_be_asked_for(seller, namespace, monkeypatch):
    monkeypatch.setattr(module, "LISTED", 1)
    old, new = ProductFactory(namespace=namespace), ProductFactory(namespace=namespace)
    DailyFigures.objects.create(seller=seller, product=old, day=UNTIL, views=3)

    numbers = numbers_of(seller, {"product": str(old.pk)}, until=UNTIL)

    assert (numbers.products, numbers.product, numbers.figures.current.views) == ([new], old, 3)
    for nobodys in (ProductFactory().pk, "nonsense"):
        with pytest.raises(Http404):
            numbers_of(seller, {"product": str(nobodys)}, until=UNTIL)


def test_the_funnel_narrows_from_the_page_to_the_first_pull(seller):
    for ago in (0, 200):
        day(seller, UNTIL - timedelta(days=ago), views=100)
        day(seller, UNTIL - timedelta(days=ago), currency="eur", checkouts=20, orders=13, renewals=3, first_pulls=6)

    numbers = numbers_of(seller, {}, until=UNTIL)

    assert [(step.count, step.percent, step.share) for step in numbers.funnel] == [
        (200, None, 1.0),
        (40, 20, 0.2),
        (20, 50, 0.5),
        (12, 60, 0.6),
    ]
    assert numbers.stuck == 8


def test_days_whose_renewals_are_not_told_apart_yet_count_as_they_are(seller):
    day(seller, UNTIL, currency="eur", orders=2, renewals=None)

    numbers = numbers_of(seller, {}, until=UNTIL)

    assert (numbers.figures.current.renewals, numbers.figures.current.purchases, numbers.is_empty) == (0, 2, False)


def test_the_best_shops_come_first_with_their_month(seller):
    other = ProductFactory().seller
    for one, orders in ((seller, 1), (other, 3), (ProductFactory().seller, 0)):
        day(one, UNTIL, currency="eur", paid=500 * orders, orders=orders)
        day(one, UNTIL - timedelta(days=28), currency="eur", paid=500, orders=9)

    found = top_shops(unit=Unit.MONTH, until=UNTIL)

    assert [(shop, figures.orders, figures.paid["eur"]) for shop, figures in found] == [(other, 3, 1500), (seller, 1, 500)]


@pytest.mark.parametrize("by", [*Unit])
def test_the_page_writes_every_period_and_both_currencies(seller_client: Client, seller, namespace, by):
    ProductFactory(namespace=namespace)
    yesterday = last_whole_day()
    day(seller, yesterday, currency="usd", paid=123_450, orders=2, first_pulls=1)
    day(seller, yesterday, currency="eur", refunded=500, refunds=1)
    day(seller, yesterday, pulls=1_234, pullers=12, pullers_of_week=12, pullers_of_month=12, views=5)
    day(seller, yesterday - timedelta(days=400), views=1)

    page = seller_client.get("/selling/", {"by": by.value, "currency": "usd"})

    assert_sound(page)
    html = page.content.decode()
    for text in ("$1,234.50", "−€5.00", "1,234", "± 0.81 %", "1 purchase without a pull since", "figures.csv?by="):
        assert text in html
    assert html.count("<tr>") >= 2 * by.shown


def test_trend_and_forecast_are_said_and_drawn_with_a_table_where_the_days_carry_them(seller_client: Client, seller):
    until = last_whole_day()
    for ago in range(120):
        day(seller, until - timedelta(days=ago), currency="eur", paid=1000 * (7 + ago % 7 + ago % 5), orders=3, checkouts=3)
    note_series(first=until, last=until)

    waiting = seller_client.get("/selling/").content.decode()
    empty = seller_client.get("/selling/outlook.csv").content.decode()
    renew_outlooks(until=until)
    page = seller_client.get("/selling/")

    assert "Nothing to show yet: trend and forecast" in waiting
    assert "outlook.csv" not in waiting
    assert empty.splitlines() == ["day,revenue,smoothed,smoothed_low,smoothed_high,forecast,forecast_low,forecast_high"]
    assert_sound(page)
    html, outlook = page.content.decode(), page.context["numbers"].outlook
    for text in (
        "The revenue of a day has no trend that these 17 weeks can show.",
        "The next 30 days bring about",
        'class="c-next"',
        'class="c-band"',
    ):
        assert text in html
    assert html.count("<tr>") >= 90 + 30
    chart = html[html.index('id="ol"') :].split("</svg>")[0]
    assert all(f"<span>{tick(value, 'eur')}</span>" in chart for value in outlook_chart(outlook).ticks)
    for each in outlook.coming:
        assert f'data-th="At most" class="num">{Money(each.high, "eur")}</td>' in html


@pytest.mark.parametrize(
    ("trend", "label", "name"), [("pulls", "Pulls", "pulls"), ("views", "Views", "views"), ("orders", "Orders", "orders")]
)
def test_what_is_counted_has_a_trend_and_a_forecast_too(seller_client: Client, seller, trend, label, name):
    until = last_whole_day()
    for ago in range(120):
        day(seller, until - timedelta(days=ago), **({"views": 1} | {trend: 40 + 3 * (ago % 7) + ago % 5}))
    note_series(first=until, last=until)
    asked = {"trend": trend}

    waiting = seller_client.get("/selling/", asked).content.decode()
    renew_outlooks(until=until)
    page = seller_client.get("/selling/", asked)

    assert "Nothing to show yet: trend and forecast" in waiting
    assert_sound(page)
    html, outlook = page.content.decode(), page.context["numbers"].outlook
    assert f"The number of {name} a day has no trend that these 17 weeks can show." in html
    assert f'<title id="ol-title">{label} by day, smoothed and forecast</title>' in html
    assert f'<a href="?trend={trend}#ol" aria-current="page">{label}</a>' in html
    for each in outlook.coming:
        assert f'data-th="At most" class="num">{write_count(each.high)}</td>' in html
    lines = seller_client.get("/selling/outlook.csv", asked).content.decode().splitlines()
    assert lines[0] == f"day,{trend},smoothed,smoothed_low,smoothed_high,forecast,forecast_low,forecast_high"
    assert lines[-1] == f"{until + timedelta(days=30)},,,,,{outlook.coming[-1].value},{outlook.coming[-1].low},{outlook.coming[-1].high}"
    assert lines[90].startswith(f"{until},40,{outlook.line[-1].value},")
    assert "no trend of nonsense" not in seller_client.get("/selling/", {"trend": "no trend of nonsense"}).content.decode()


def test_where_days_carry_no_forecast_the_page_says_why_and_draws_none(seller_client: Client, seller):
    until = last_whole_day()
    for ago in range(30):
        day(seller, until - timedelta(days=ago), currency="eur", paid=1000, orders=1, checkouts=1)
    note_series(first=until, last=until)
    renew_outlooks(until=until)

    html = seller_client.get("/selling/").content.decode()

    assert "No forecast yet: it needs 56 days, and there are 30." in html
    assert 'class="c-next"' not in html
    assert "Smoothed, 95 % band" in html


def test_where_days_carry_no_line_there_is_no_chart(seller_client: Client, seller):
    until = last_whole_day()
    day(seller, until, currency="eur", paid=1000, orders=1, checkouts=1)
    note_series(first=until, last=until)
    renew_outlooks(until=until)

    html = seller_client.get("/selling/").content.decode()

    assert "The revenue of a day: four weeks are needed to show a trend." in html
    assert 'id="ol-title"' not in html


def test_who_does_not_see_the_money_sees_no_trend_of_it(seller):
    organisation = OrganisationSellerFactory()
    NamespaceFactory(owner=organisation.account)
    until = last_whole_day()
    day(organisation, until, currency="eur", paid=1000, orders=1, checkouts=1)
    note_series(first=until, last=until)
    renew_outlooks(until=until)
    handle = {"seller": organisation.account.handle}

    seen = {}
    for role in Role:
        client = Client()
        client.force_login(MembershipFactory(account=organisation.account, role=role).user)
        page = client.get("/selling/", handle)
        shown = "Trend and the next 30 days" in page.content.decode()
        seen[role] = (shown, client.get("/selling/outlook.csv", handle).status_code == 200)

    assert seen == {role: (role.buys, role.buys) for role in Role}
    assert RevenueOutlook.objects.filter(until=until).exists()
