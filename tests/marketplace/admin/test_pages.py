"""Every noun of the marketplace is listed, searchable, and linked to its related rows."""

from collections.abc import Iterator
from datetime import date

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags
from msgspec import to_builtins
from pytest_django import DjangoDbBlocker

from marketplace import models
from marketplace.contents.models import KnownBase, ManifestContents
from marketplace.covers.models import Cover
from marketplace.credentials.models import CredentialImage
from marketplace.entitlements.models import Entitlement
from marketplace.gifts.models import Gift, GiftImage
from marketplace.growth.models import Growth
from marketplace.images.models import Image, LayerList, Manifest, Namespace, StoredBlob, Tag, TagMove, UncheckedLayers
from marketplace.insights.findings import Analysis, Figure, Forecast, Line, Method, Reason, Trend
from marketplace.insights.models import BuyerPull, DailyFigures, ProductViews, PullCount, PullerSketch
from marketplace.insights.outlook import Found
from marketplace.insights.outlook_models import CountOutlook, RevenueOutlook
from marketplace.insights.sentences import forecast_sentence, name_of, trend_sentence, writer_of
from marketplace.moderation.models import Report
from marketplace.products.models import (
    Category,
    Edition,
    EditionImage,
    Price,
    Product,
    ProductImage,
    ProductPicture,
    SearchEntry,
    UnsavedText,
)
from marketplace.resale.models import ResaleFlag
from marketplace.reviews.models import ProductRating, Review, ReviewVersion
from marketplace.search.models import KnownWord, Synonym
from marketplace.search.services import count_known_words
from marketplace.trials.models import KnownCard, Trial, TrialKey
from marketplace.updates.models import ProductUpdates, UpdateSubscription
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import (
    EntitlementFactory,
    GiftFactory,
    ProductFactory,
    PullCountFactory,
    PullerSketchFactory,
    PushedImageFactory,
    ReportFactory,
    ReviewFactory,
    TrialFactory,
)
from tests.support.database import around_the_tests

NOUNS = [
    Namespace,
    Image,
    Tag,
    Manifest,
    Product,
    Price,
    Category,
    Entitlement,
    Gift,
    Growth,
    Trial,
    PullCount,
    BuyerPull,
    PullerSketch,
    ProductViews,
    DailyFigures,
    Report,
    ResaleFlag,
    RevenueOutlook,
    CountOutlook,
    Review,
    KnownWord,
    Synonym,
]
INSIDE_OTHERS = {
    CredentialImage,
    Cover,
    Edition,
    EditionImage,
    GiftImage,
    KnownBase,
    KnownCard,
    LayerList,
    ManifestContents,
    ProductImage,
    ProductPicture,
    ProductRating,
    ProductUpdates,
    ReviewVersion,
    SearchEntry,
    StoredBlob,
    TagMove,
    TrialKey,
    UncheckedLayers,
    UnsavedText,
    UpdateSubscription,
}

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(UserFactory(staff=True))
    return client


@pytest.fixture(scope="module")
def sale(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Entitlement]:
    """Made once, around the transactions of these tests, in which each takes back what it changed."""
    with around_the_tests(django_db_blocker):
        yield sale_with_a_row_of_each_noun()


def sale_with_a_row_of_each_noun() -> Entitlement:
    product = ProductFactory(category=Category.objects.first())
    entitlement = EntitlementFactory(image=product.images.get())
    PullCountFactory(image=entitlement.image, buyer=entitlement.holder)
    PullerSketchFactory(image=entitlement.image)
    pulled = {
        "image": entitlement.image,
        "buyer": entitlement.holder,
        "day": entitlement.granted_at.date(),
        "digest": "sha256:1",
        "count": 1,
    }
    BuyerPull.objects.create(**pulled, address="", client="docker", first_at=entitlement.granted_at, last_at=entitlement.granted_at)
    ResaleFlag.objects.create(
        image=entitlement.image, origin=PushedImageFactory(), digest="sha256:1", origin_digest="sha256:2", layers=[], size=1
    )
    ReportFactory(product=product, upheld=True)
    ReviewFactory(product=product, buyer=entitlement.holder, author=entitlement.holder.user)
    day = entitlement.granted_at.date()
    ProductViews.objects.create(product=product, day=day, count=1)
    DailyFigures.objects.create(seller=product.seller, product=product, day=day)
    RevenueOutlook.objects.create(seller=product.seller, product=product, currency="eur")
    CountOutlook.objects.create(seller=product.seller, product=product, figure="pulls")
    GiftFactory(product=product)
    TrialFactory(product=product)
    Growth.objects.create(product=product, image=entitlement.image, asked_by=product.seller.account.user)
    count_known_words()
    return entitlement


def page_of(row: Model) -> str:
    return reverse(f"admin:marketplace_{row._meta.model_name}_change", args=[row.pk])


def list_of(noun: type[Model]) -> str:
    return reverse(f"admin:marketplace_{noun._meta.model_name}_changelist")


def test_no_noun_is_forgotten() -> None:
    every = {getattr(models, name) for name in models.__all__}

    assert every - INSIDE_OTHERS == set(NOUNS)
    assert all(admin.site.is_registered(noun) for noun in NOUNS)


@pytest.mark.parametrize("noun", NOUNS)
def test_each_noun_is_listed_and_searched(staff: Client, sale: Entitlement, noun: type[Model]) -> None:
    assert staff.get(list_of(noun)).status_code == 200
    assert staff.get(list_of(noun), {"q": "a"}).status_code == 200


@pytest.mark.parametrize("noun", NOUNS)
def test_each_noun_has_a_page_that_links_to_its_trail(staff: Client, sale: Entitlement, noun: type[Model]) -> None:
    row = noun._default_manager.all()[0]

    answer = staff.get(page_of(row))

    assert answer.status_code == 200
    assert f"target_type__exact=marketplace.{noun._meta.model_name}" in answer.content.decode()


@pytest.mark.parametrize("noun", NOUNS)
def test_nobody_adds_edits_or_deletes_by_hand(staff: Client, sale: Entitlement, noun: type[Model]) -> None:
    row = noun._default_manager.all()[0]
    name = f"admin:marketplace_{noun._meta.model_name}"

    assert staff.get(reverse(f"{name}_add")).status_code == 403
    assert staff.post(reverse(f"{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    assert staff.post(page_of(row), {}).status_code == 403
    assert noun._default_manager.filter(pk=row.pk).exists()


def test_a_list_takes_the_same_queries_however_long_it_is(staff: Client, sale: Entitlement) -> None:
    for noun in NOUNS:
        staff.get(list_of(noun))
    few = {noun: queries_of(staff, noun) for noun in NOUNS}
    for _ in range(3):
        product = ProductFactory(category=Category.objects.first())
        EntitlementFactory(image=product.images.get())
        ReviewFactory(product=product)
        ReportFactory(product=product, upheld=True)
        RevenueOutlook.objects.create(seller=product.seller, product=product, currency="eur")
        CountOutlook.objects.create(seller=product.seller, product=product, figure="pulls")
        ResaleFlag.objects.create(image=product.images.get(), origin=sale.image, digest="a", origin_digest="b", layers=[], size=1)

    many = {noun: queries_of(staff, noun) for noun in NOUNS}
    assert {noun: (few[noun], many[noun]) for noun in NOUNS if many[noun] > few[noun]} == {}


def queries_of(staff: Client, noun: type[Model]) -> int:
    with CaptureQueriesContext(connection) as queries:
        staff.get(list_of(noun))
    return len(queries)


def test_an_image_links_to_its_related_rows(staff: Client, sale: Entitlement) -> None:
    image = sale.image

    text = staff.get(page_of(image)).content.decode()

    for related in (image.namespace, image.owner):
        assert reverse(f"admin:{related._meta.app_label}_{related._meta.model_name}_change", args=[related.pk]) in text
    for noun in (Tag, Manifest, Product, Entitlement):
        assert list_of(noun) in text


def test_an_entitlement_links_to_its_source(staff: Client, sale: Entitlement) -> None:
    free = EntitlementFactory(source_kind=Entitlement.Source.FREE, source_id=Product.objects.get().pk)
    subscribed = EntitlementFactory(source_kind=Entitlement.Source.SUBSCRIPTION)

    assert page_of(Product.objects.get()) in staff.get(page_of(free)).content.decode()
    assert f"/admin/billing/order/{sale.source_id}/" in staff.get(page_of(sale)).content.decode()
    assert f"/admin/billing/subscription/{subscribed.source_id}/" in staff.get(page_of(subscribed)).content.decode()


def test_an_outlook_reads_as_its_sellers_page_does(staff: Client, sale: Entitlement) -> None:
    line = Line([1_000.0, 1_200.0], [900.0, 1_100.0], [1_100.0, 1_300.0])
    forecast = Forecast(Method.LAST_WEEK, [1_500.0], [1_400.0], [1_600.0], Reason.NO_BETTER)
    found = Found(date(2026, 9, 1), date(2026, 11, 28), [1_100, 0], Analysis(Trend(89, 100.0, 1.0), line, forecast))
    RevenueOutlook.objects.update(until=found.until, found=to_builtins(found))

    text = " ".join(strip_tags(staff.get(page_of(RevenueOutlook.objects.get())).content.decode().replace("<t", " <t")).split())

    assert "1 Sep 2026" in text
    assert trend_sentence(name_of(Figure.REVENUE), found.analysis.trend, writer_of("eur")) in text
    assert forecast_sentence(forecast, writer_of("eur")) in text
    assert "28 Nov 2026 €0.00 €12.00 €11.00 to €13.00 27 Nov 2026 €11.00 €10.00 €9.00 to €11.00" in text
    assert "29 Nov 2026 €15.00 €14.00 to €16.00" in text
    assert "{" not in text


@pytest.mark.parametrize("noun", NOUNS)
def test_a_customer_sees_none_of_it(client: Client, sale: Entitlement, noun: type[Model]) -> None:
    client.force_login(UserFactory())

    assert client.get(list_of(noun)).status_code == 403


def test_the_frame_follows_the_switch_of_light_and_dark(staff: Client) -> None:
    staff.cookies["theme"] = "dark"

    text = staff.get(reverse("admin:index")).content.decode()

    assert "theme-dark" in text
    assert "css/admin.css" in text
    assert "admin/js/theme.js" not in text
