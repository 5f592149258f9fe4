"""The daily series of pulls, distinct pullers and views: derived again from its sources, it is the same."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from redis.exceptions import RedisError

from accounts.sellers.models import SellerProfile
from common.ops.redis import raw_redis_client, redis_client, redis_key
from marketplace.images.models import Image
from marketplace.insights import rollup, tasks
from marketplace.insights.models import SKETCHES_KEPT, DailyFigures, ProductViews
from marketplace.products.models import Product
from tests.factories.marketplace import NamespaceFactory, ProductFactory, PullCountFactory, PullerSketchFactory, PushedImageFactory

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 29)  # a Sunday
FIRST = date(2026, 9, 20)


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: datetime(2026, 11, 29, 12, tzinfo=UTC))


@pytest.fixture
def shop() -> tuple[SellerProfile, Product, Product]:
    """A seller with a product of one image, and a bundle of it and another one."""
    namespace = NamespaceFactory()
    one, two = (PushedImageFactory(namespace=namespace) for _ in range(2))
    return namespace.owner.seller, ProductFactory(namespace=namespace, images=[one]), ProductFactory(namespace=namespace, images=[one, two])


def pulled(image: Image, day: date, *pullers: int) -> None:
    """Let so many different accounts pull an image, each once."""
    PullCountFactory(image=image, day=day, count=len(pullers))
    redis, key = raw_redis_client(), redis_key(f"test:{uuid4()}")
    redis.pfadd(key, *pullers)
    PullerSketchFactory(image=image, begins=day, sketch=redis.get(key), distinct=len(pullers))


def derive(first: date = FIRST, last: date = TODAY) -> int:
    return rollup.roll_up_pulls(first=first, last=last, redis=raw_redis_client())


def row(day: date, product: Product | None = None, seller: SellerProfile | None = None) -> tuple[int, ...]:
    rows = DailyFigures.objects.filter(day=day, product=product, seller=seller, currency="")
    return rows.values_list("pulls", "views", "pullers", "pullers_of_week", "pullers_of_month").get()


def everything() -> list[tuple]:
    names = [field.attname for field in DailyFigures._meta.concrete_fields if field.name != "id"]
    return sorted(
        (
            tuple(bytes(value) if isinstance(value, memoryview) else str(value) for value in values)
            for values in DailyFigures.objects.values_list(*names)
        ),
        key=str,
    )


def test_an_image_in_two_products_counts_in_each_and_once_in_all(shop):
    seller, single, bundle = shop
    one, two = bundle.images.order_by("product_images__position")
    day = date(2026, 11, 26)
    pulled(one, day, 1, 2, 3)
    pulled(two, day, 3, 4)
    ProductViews.objects.create(product=single, day=day, count=7)
    ProductViews.objects.create(product=bundle, day=day, count=2)

    assert derive() == 4

    assert row(day, single, seller) == (3, 7, 3, 3, 3)
    assert row(day, bundle, seller) == (5, 2, 4, 4, 4)
    assert row(day, None, seller) == (5, 9, 4, 4, 4)
    assert row(day) == (5, 9, 4, 4, 4)


def test_distinct_pullers_of_a_week_and_a_month_are_merged_and_never_added(shop):
    seller, single, _ = shop
    image = single.images.get()
    pulled(image, date(2026, 10, 30), 9)
    pulled(image, date(2026, 11, 1), 1, 2)  # a Sunday
    pulled(image, date(2026, 11, 2), 2, 3)
    pulled(image, date(2026, 11, 3), 1)

    derive(first=date(2026, 11, 1))

    for whose in ((single, seller), (None, seller), (None, None)):
        assert [row(date(2026, 11, day), *whose)[2:] for day in (1, 2, 3)] == [(2, 3, 2), (2, 2, 3), (1, 3, 3)]
    assert not DailyFigures.objects.filter(day__lt=date(2026, 11, 1)).exists()


def test_the_whole_shop_has_the_pullers_of_all_sellers(shop):
    _, single, _ = shop
    other = ProductFactory()
    day = date(2026, 11, 26)
    pulled(single.images.get(), day, 1, 2)
    pulled(other.images.get(), day, 2, 3)

    derive()

    assert row(day) == (4, 0, 3, 3, 3)
    assert row(day, None, other.seller) == (2, 0, 2, 2, 2)


def test_any_range_is_derived_again_with_the_same_result(shop):
    _, single, bundle = shop
    for place in range(45):
        day = FIRST + timedelta(days=place)
        pulled(single.images.get(), day, *range(place % 7 + 1))
        pulled(bundle.images.last(), day, place, place + 1)
        ProductViews.objects.create(product=bundle, day=day, count=place + 1)
    derive()
    before = everything()
    assert len(before) == 45 * 4

    for first, last in ((FIRST, TODAY), (date(2026, 10, 15), date(2026, 11, 2)), (date(2026, 9, 30), date(2026, 9, 30))):
        derive(first, last)
        assert everything() == before
    DailyFigures.objects.filter(day__gte=date(2026, 10, 1)).delete()
    derive(date(2026, 10, 1))

    assert everything() == before


def test_what_has_no_source_any_more_goes_and_what_came_late_is_there(shop):
    seller, single, bundle = shop
    day = date(2026, 11, 26)
    views = ProductViews.objects.create(product=bundle, day=day, count=1)
    derive()
    views.delete()
    pulled(single.images.get(), day, 1)

    derive()

    assert row(day, single, seller) == (1, 0, 1, 1, 1)
    assert set(DailyFigures.objects.values_list("views", flat=True)) == {0}


def test_a_day_that_is_not_over_has_no_figures(shop):
    pulled(shop[1].images.get(), TODAY, 1)

    assert derive() == 0
    assert derive(TODAY, TODAY + timedelta(days=40)) == 0


def test_days_whose_sketches_are_gone_stay_as_they_are(shop):
    seller, single, _ = shop
    long_ago = TODAY - SKETCHES_KEPT - timedelta(days=1)
    DailyFigures.objects.create(seller=seller, product=single, day=long_ago, pulls=5, pullers=4, sketch=b"gone soon")
    DailyFigures.objects.create(seller=seller, product=single, day=long_ago + timedelta(days=1), sketch=b"stays")

    derive(first=long_ago - timedelta(days=1), last=long_ago)
    assert rollup.forget_old_sketches() == 1

    assert row(long_ago, single, seller) == (5, 0, 4, 0, 0)
    assert [bytes(sketch) for sketch in DailyFigures.objects.order_by("day").values_list("sketch", flat=True)] == [b"", b"stays"]


def test_more_sketches_than_are_merged_at_once(shop, monkeypatch):
    monkeypatch.setattr("marketplace.insights.distinct._MERGED_AT_ONCE", 1)
    seller, _, bundle = shop
    day = date(2026, 11, 26)
    for place, image in enumerate(bundle.images.all()):
        pulled(image, day, place, place + 1)

    derive()

    assert row(day, bundle, seller)[2] == 3
    assert not list(redis_client().scan_iter(redis_key("distinct:*")))


def test_the_jobs_derive_the_last_days_and_once_a_day_weeks(shop):
    image = shop[1].images.get()
    pulled(image, TODAY - timedelta(days=39), 1)
    pulled(image, TODAY - timedelta(days=1), 1)

    assert tasks.roll_up_pulls() == 4
    assert tasks.roll_up_late_pulls() == 8


def test_without_redis_the_series_waits(shop, monkeypatch):
    def away(**_arguments):
        raise RedisError

    monkeypatch.setattr("marketplace.insights.tasks.rollup.roll_up_pulls", away)

    assert tasks.roll_up_pulls() == 0
