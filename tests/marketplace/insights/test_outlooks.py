"""Trends and forecasts: worked out once a day by a worker, and read by everybody from one row."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from accounts.sellers.models import SellerProfile
from marketplace.insights import analysis, outlook_upkeep
from marketplace.insights.findings import Analysis, Figure, Method, Reason
from marketplace.insights.models import DailyFigures
from marketplace.insights.outlook import Outlook, count_outlooks_of, outlooks_of
from marketplace.insights.outlook_models import CountOutlook, RevenueOutlook
from marketplace.insights.outlook_upkeep import OF_PULLS, OF_SALES, SHOWN_DAYS, note_series, renew_outlooks
from marketplace.products.models import Product
from tests.factories.accounts import SellerFactory
from tests.factories.marketplace import ProductFactory

pytestmark = pytest.mark.django_db
UNTIL = date(2026, 11, 28)


@pytest.fixture
def seller() -> SellerProfile:
    return SellerFactory()


@pytest.fixture
def analysed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """The series that were analysed, as they are."""
    seen, analyse = [], analysis.analyse

    def spy(days: list[int], *, sales: int) -> Analysis:
        seen.append(tuple(days))
        return analyse(days, sales=sales)

    monkeypatch.setattr(analysis, "analyse", spy)
    return seen


def sold(
    seller: SellerProfile, days: int = 1, *, product: Product | None = None, currency: str = "eur", paid: int = 500, **more: int
) -> None:
    """Let something be sold on each of the last days."""
    figures = {"orders": 1, "refunded": 0} | more
    DailyFigures.objects.bulk_create(
        DailyFigures(
            seller=seller, product=product, currency=currency, day=UNTIL - timedelta(days=ago), paid=paid + 10 * (ago % 7), **figures
        )
        for ago in range(days)
    )


def note(*, again: bool = False) -> int:
    return note_series(first=UNTIL, last=UNTIL, figures=[Figure.REVENUE], again=again)


def worked_out(seller: SellerProfile) -> Outlook:
    note()
    renew_outlooks(until=UNTIL)
    (found,) = outlooks_of(seller_id=seller.pk)
    return found


def test_what_earns_has_a_row_for_seller_product_and_currency_and_never_two(seller):
    product = ProductFactory()
    sold(seller)
    sold(seller, currency="usd")
    sold(product.seller, product=product)
    sold(SellerFactory(), orders=0, refunded=100, paid=0)
    DailyFigures.objects.create(seller=seller, day=UNTIL, pulls=9)
    DailyFigures.objects.create(day=UNTIL, currency="eur", paid=500, orders=1)

    assert [note() for _ in range(2)] == [3, 3]

    rows = set(RevenueOutlook.objects.values_list("seller", "product", "currency"))
    assert rows == {(seller.pk, None, "eur"), (seller.pk, None, "usd"), (product.seller.pk, product.pk, "eur")}


def test_what_is_counted_has_a_row_for_each_figure_of_seller_and_product_and_never_two(seller):
    product = ProductFactory()
    sold(seller)
    sold(seller, currency="usd")
    DailyFigures.objects.create(seller=seller, day=UNTIL, pulls=9)
    DailyFigures.objects.create(seller=product.seller, product=product, day=UNTIL, pulls=9, views=3)
    DailyFigures.objects.create(day=UNTIL, pulls=9)

    counted = [note_series(first=UNTIL, last=UNTIL, figures=figures) for figures in (OF_PULLS, OF_SALES, OF_SALES)]

    assert counted == [3, 3, 3]
    rows = set(CountOutlook.objects.values_list("seller", "product", "figure"))
    of_product = {(product.seller.pk, product.pk, figure) for figure in ("pulls", "views")}
    assert rows == {(seller.pk, None, "orders"), (seller.pk, None, "pulls"), *of_product}
    assert sorted(map(str, CountOutlook.objects.filter(figure="pulls"))) == sorted([f"pulls of {seller}", f"pulls of {product}"])


def test_counts_are_added_up_over_currencies_and_rounded_to_tenths(seller, analysed, django_assert_num_queries):
    for currency in ("eur", "usd"):
        sold(seller, 60, currency=currency)
    DailyFigures.objects.create(seller=seller, day=UNTIL, pulls=9)
    note_series(first=UNTIL, last=UNTIL, figures=[Figure.ORDERS])

    assert renew_outlooks(until=UNTIL, figures=OF_PULLS) == 0
    assert renew_outlooks(until=UNTIL, figures=OF_SALES) == 1
    with django_assert_num_queries(1):
        (found,) = count_outlooks_of(seller_id=seller.pk, figure=Figure.ORDERS)

    assert analysed == [(2,) * 60]
    assert (found.figure, found.currency, found.begins, found.until) == (Figure.ORDERS, "", UNTIL - timedelta(days=59), UNTIL)
    assert [each.value for each in (*found.line, *found.coming)] == [2.0] * 90
    assert count_outlooks_of(seller_id=seller.pk) == [found]
    assert count_outlooks_of(seller_id=seller.pk, figure=Figure.PULLS) == []


def test_of_all_figures_the_one_that_was_tried_longest_ago_comes_first(seller):
    sold(seller)
    DailyFigures.objects.create(seller=seller, day=UNTIL, pulls=9)
    note_series(first=UNTIL, last=UNTIL)
    for hours, rows in enumerate((CountOutlook.objects.filter(figure="pulls"), RevenueOutlook.objects.all(), CountOutlook.objects.all())):
        rows.filter(tried_at=None).update(tried_at=timezone.now() - timedelta(days=2) + timedelta(hours=hours))
    ticks = iter(range(100))

    assert renew_outlooks(until=UNTIL, seconds=2.5, clock=lambda: next(ticks)) == 2

    assert RevenueOutlook.objects.get().until == UNTIL
    assert set(CountOutlook.objects.values_list("figure", "until")) == {("pulls", UNTIL), ("orders", None)}


def test_a_page_reads_one_row_and_works_nothing_out(seller, analysed, django_assert_num_queries):
    sold(seller, 100)
    note()

    with django_assert_num_queries(1):
        assert outlooks_of(seller_id=seller.pk) == []
    renew_outlooks(until=UNTIL)
    with django_assert_num_queries(1):
        (found,) = outlooks_of(seller_id=seller.pk, currency="eur")

    assert len(analysed) == 1
    assert (found.currency, found.begins, found.until) == ("eur", UNTIL - timedelta(days=99), UNTIL)
    assert outlooks_of(seller_id=seller.pk, currency="usd") == []


def test_a_row_holds_what_the_analysis_found_rounded_to_what_the_currency_is_counted_in(seller):
    sold(seller, 120, currency="isk", paid=123_400)

    found = worked_out(seller)

    series = [123_400 + 10 * (ago % 7) for ago in reversed(range(120))]
    whole = analysis.analyse(series, sales=120)
    assert found.trend == whole.trend
    assert found.days == [(UNTIL - timedelta(days=89 - place), value) for place, value in enumerate(series[-SHOWN_DAYS:])]
    assert [each.value for each in found.line] == [round(value / 100) * 100 for value in whole.line.values[-SHOWN_DAYS:]]
    assert [(each.low, each.high) for each in found.coming] == [
        (round(low / 100) * 100, round(high / 100) * 100) for low, high in zip(whole.forecast.low, whole.forecast.high, strict=True)
    ]
    assert (found.line[0].day, found.line[-1].day) == (UNTIL - timedelta(days=89), UNTIL)
    assert (found.coming[0].day, found.coming[-1].day) == (UNTIL + timedelta(days=1), UNTIL + timedelta(days=30))
    assert found.is_last_week is (found.forecast.method is Method.LAST_WEEK)
    assert [day for day, *_ in found.newest] == [UNTIL - timedelta(days=ago) for ago in range(14)]
    assert [*found.newest, *found.earlier] == found.smoothed


def test_refunds_count_days_without_a_row_are_zeros_and_what_is_older_than_two_years_is_left_out(seller, analysed):
    sold(seller)
    for ago, paid, refunded in ((3, 0, 200), (5, 700, 0), (800, 900, 0)):
        DailyFigures.objects.create(seller=seller, currency="eur", day=UNTIL - timedelta(days=ago), paid=paid, refunded=refunded, orders=1)

    found = worked_out(seller)

    assert analysed == [(700, 0, -200, 0, 0, 500)]
    assert found.begins == UNTIL - timedelta(days=5)
    assert (found.trend, found.line, found.coming) == (None, [], [])
    assert (found.forecast.reason, found.forecast.count) == (Reason.FEW_DAYS, 6)
    assert found.smoothed == []


def test_a_series_whose_days_are_all_forgotten_is_one_day_without_revenue(seller, analysed):
    RevenueOutlook.objects.create(seller=seller, currency="eur")

    assert renew_outlooks(until=UNTIL) == 1
    assert analysed == [(0,)]


def test_a_series_is_worked_out_once_for_a_day_and_again_the_next_day(seller, analysed):
    sold(seller, 30)
    note()

    assert [renew_outlooks(until=UNTIL) for _ in range(3)] == [1, 0, 0]
    assert renew_outlooks(until=UNTIL + timedelta(days=1)) == 1

    assert [len(series) for series in analysed] == [30, 31]
    assert outlooks_of(seller_id=seller.pk)[0].until == UNTIL + timedelta(days=1)


def test_days_that_were_derived_again_are_worked_out_again_and_shown_as_before_until_then(seller):
    sold(seller, 30)
    before = worked_out(seller)
    other = SellerFactory()
    sold(other, 30)
    worked_out(other)
    DailyFigures.objects.filter(seller=seller, day=UNTIL).update(refunded=100)

    note(again=True)
    DailyFigures.objects.filter(seller=other).delete()

    assert outlooks_of(seller_id=seller.pk) == [before]
    assert renew_outlooks(until=UNTIL) == 2
    assert outlooks_of(seller_id=seller.pk)[0].days[-1] == (UNTIL, 400)


def test_one_series_that_fails_stops_no_other_and_comes_last_the_next_time(monkeypatch):
    sellers = [SellerFactory() for _ in range(3)]
    for one in sellers:
        sold(one)
    note()
    rows = list(RevenueOutlook.objects.order_by("pk"))
    work_out, tried = outlook_upkeep._work_out, []

    def failing(row: RevenueOutlook, until: date) -> object:
        tried.append(row.pk)
        if row.pk == rows[0].pk:
            raise ZeroDivisionError
        return work_out(row, until)

    monkeypatch.setattr(outlook_upkeep, "_work_out", failing)

    assert renew_outlooks(until=UNTIL) == 2
    assert outlooks_of(seller_id=rows[0].seller_id) == []
    assert RevenueOutlook.objects.filter(until=UNTIL).count() == 2
    tried.clear()
    RevenueOutlook.objects.filter(pk=rows[2].pk).update(tried_at=None)
    assert renew_outlooks(until=UNTIL) == 1
    assert tried == [rows[2].pk, rows[0].pk]


def test_a_run_ends_with_its_budget_and_the_next_one_goes_on(analysed):
    for _ in range(3):
        sold(SellerFactory())
    note()
    ticks = iter(range(100))

    assert renew_outlooks(until=UNTIL, seconds=2.5, clock=lambda: next(ticks)) == 2
    assert renew_outlooks(until=UNTIL, seconds=2.5, clock=lambda: next(ticks)) == 1
    assert len(analysed) == 3


def test_a_series_that_is_gone_meanwhile_is_no_failure(seller):
    sold(seller)
    note()
    gone = list(RevenueOutlook.objects.all())
    RevenueOutlook.objects.all().delete()

    assert [outlook_upkeep._renew(RevenueOutlook.objects.all(), row.pk, UNTIL) for row in gone] == [0]
