"""What the filters of a search leave, and what they count."""

import random
from collections.abc import Collection, Mapping
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.images.models import Image, Manifest, Namespace, Tag
from marketplace.products.models import Product, SearchEntry
from marketplace.products.selectors.pages import product_url
from marketplace.products.services.search_entries import refresh_search_entries
from marketplace.search.facets import FILTERS, Counted, count_choices, narrowed, read_filters
from marketplace.shopwindow.listings import list_products
from tests.factories.marketplace import FreeProductFactory, ProductFactory, PushedImageFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(namespace: Namespace) -> None:
    """Four products, each with one thing that no other has."""
    year_ago = timezone.now() - timedelta(days=400)
    ProductFactory(namespace=namespace, slug="db", category_id="databases", licence_name="MIT")
    FreeProductFactory(namespace=namespace, slug="proxy", category_id="networking", licence_name="AGPL-3.0")
    ProductFactory(namespace=namespace, slug="big", category_id="databases", licence_name="Acme EULA")
    ProductFactory(namespace=namespace, slug="old", published_at=year_ago, licence_name="BUSL-1.1")
    Manifest.objects.filter(image__products__slug="db").update(platforms=["linux/amd64", "linux/arm64"])
    Manifest.objects.filter(image__products__slug="big").update(size=3_000_000_000)
    Tag.objects.filter(image__products__slug="old").update(pushed_at=year_ago)
    Tag.objects.filter(image__products__slug="proxy").update(pushed_at=timezone.now() - timedelta(days=60))
    SearchEntry.objects.filter(product__slug="proxy").update(published_at=timezone.now() - timedelta(days=60))
    refresh_search_entries()
    SearchEntry.objects.filter(product__slug="old").update(verified=True)


def counted(**chosen: Collection[str]) -> Counted:
    return count_choices(SearchEntry.objects.all(), chosen)


def counts(name: str, **chosen: Collection[str]) -> dict[str, int]:
    return {choice.value: choice.count for choice in counted(**chosen).choices[name]}


def left(**chosen: Collection[str]) -> set[str]:
    return set(narrowed(SearchEntry.objects.all(), chosen).values_list("product__slug", flat=True))


def test_each_choice_counts_what_it_would_leave(shop: None) -> None:
    assert counted().total == 4
    assert counts("category") == {"databases": 2, "networking": 1}
    assert counts("price") == {"free": 1, "paid": 3}
    assert counts("platform") == {"linux/amd64": 4, "linux/arm64": 1}
    assert counts("seller") == {"verified": 1}
    assert counts("size") == {"50": 3, "more": 1}
    assert counts("licence") == {"permissive": 1, "copyleft": 1, "source-available": 1, "other": 1}
    assert counts("updated") == {"30": 2, "90": 3, "365": 3}


@pytest.mark.parametrize(
    ("name", "value", "slugs"),
    [
        pytest.param("category", "databases", {"db", "big"}, id="category"),
        pytest.param("price", "free", {"proxy"}, id="free"),
        pytest.param("price", "paid", {"db", "big", "old"}, id="paid"),
        pytest.param("platform", "linux/arm64", {"db"}, id="platform"),
        pytest.param("seller", "verified", {"old"}, id="a seller with a verified domain"),
        pytest.param("size", "more", {"big"}, id="size"),
        pytest.param("licence", "copyleft", {"proxy"}, id="licence"),
        pytest.param("updated", "30", {"db", "big"}, id="updated"),
        pytest.param("updated", "365", {"db", "big", "proxy"}, id="updated within a year"),
    ],
)
def test_a_choice_leaves_what_it_counts(shop: None, name: str, value: str, slugs: set[str]) -> None:
    assert left(**{name: [value]}) == slugs
    assert counts(name)[value] == len(slugs)
    assert counted(**{name: [value]}).total == len(slugs)


VALUES = {one.name: [value for value, _ in one.choices] or ["databases", "networking", "ai"] for one in FILTERS}


@pytest.fixture
def crowd(namespace: Namespace) -> None:
    """Entries with every mixture of what filters look at."""
    ProductFactory(namespace=namespace)
    (pattern,) = SearchEntry.objects.all()
    chance = random.Random(3)
    products = Product.objects.bulk_create(
        Product(namespace=namespace, seller_id=pattern.product.seller_id, slug=f"p-{n}", title="Crowd", published_at=timezone.now())
        for n in range(80)
    )
    fields = {name: getattr(pattern, name) for name in ("names", "document", "called", "words", "changed_at", "published_at", "indexed_at")}
    SearchEntry.objects.bulk_create(
        SearchEntry(
            product=product,
            category_id=chance.choice([None, *VALUES["category"]]),
            cost=chance.choice([0, 1, 500]),
            platforms=chance.randrange(16),
            size=chance.randrange(4),
            licence=chance.choice(SearchEntry.Licence.values),
            age=chance.randrange(4),
            verified=chance.random() < 0.5,
            **fields,
        )
        for product in products
    )


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.fixed_dictionaries({}, optional={name: st.lists(st.sampled_from(of), min_size=1, max_size=2) for name, of in VALUES.items()}))
def test_every_number_is_what_the_list_would_have(crowd: None, chosen: dict[str, list[str]]) -> None:
    seen = counted(**chosen)

    assert seen.total == len(listed(chosen))
    assert seen.without == {name: len(listed({other: chosen[other] for other in chosen if other != name})) for name in chosen}
    for name, choices in seen.choices.items():
        assert {one.value: one.count for one in choices if one.count} == {
            value: number for value in VALUES[name] if (number := len(listed(chosen | {name: [value]})))
        }


def listed(chosen: Mapping[str, Collection[str]]) -> QuerySet[SearchEntry]:
    return narrowed(SearchEntry.objects.all(), chosen)


def test_several_choices_of_one_filter_mean_any_of_them(shop: None) -> None:
    assert left(price=["free", "paid"]) == {"db", "proxy", "big", "old"}
    assert left(category=["databases", "networking"]) == {"db", "big", "proxy"}
    assert left(updated=["30", "90"]) == {"db", "big", "proxy"}


def test_a_filter_in_use_says_how_many_there_are_without_it(shop: None) -> None:
    seen = counted(category=["networking"], platform=["linux/arm64"])

    assert (seen.total, seen.without) == (0, {"category": 1, "platform": 1})


def test_a_choice_that_was_made_stays_even_if_it_leaves_nothing(shop: None) -> None:
    choices = counted(price=["free"], platform=["windows/amd64"]).choices["platform"]

    assert [(one.value, one.count, one.checked) for one in choices] == [("linux/amd64", 1, False), ("windows/amd64", 0, True)]


def test_a_bundle_counts_once_for_a_platform_and_is_as_large_as_its_images(namespace: Namespace) -> None:
    images = [PushedImageFactory(namespace=namespace) for _ in range(3)]
    ProductFactory(namespace=namespace, images=images)
    Manifest.objects.update(platforms=["linux/amd64", "linux/arm64"], size=20_000_000)
    refresh_search_entries()

    assert counts("platform") == {"linux/amd64": 1, "linux/arm64": 1}
    assert counts("size") == {"250": 1}


@pytest.mark.parametrize(
    ("second", "runs_on"),
    [
        pytest.param(["linux/amd64"], ["amd64"], id="one of them only on one"),
        pytest.param(["windows/amd64"], [], id="each on another"),
        pytest.param([], [], id="one of them on none"),
    ],
)
def test_a_bundle_runs_where_all_of_its_images_run(namespace: Namespace, second: list[str], runs_on: list[str]) -> None:
    images = [PushedImageFactory(namespace=namespace) for _ in range(2)]
    bundle = ProductFactory(namespace=namespace, images=images)
    Manifest.objects.filter(image=images[0]).update(platforms=["linux/amd64", "linux/arm64"])
    Manifest.objects.filter(image=images[1]).update(platforms=second)
    refresh_search_entries()

    assert counts("platform") == {f"linux/{name}": 1 for name in runs_on}
    assert left(platform=["linux/arm64"]) == set()
    listing = list_products(Product.objects.all())[0]
    page = Client().get(product_url(bundle))
    assert (list(listing.platforms), page.context["facts"]["platforms"]) == (runs_on, runs_on)


def test_a_bundle_with_an_image_that_was_not_pushed_runs_nowhere(namespace: Namespace) -> None:
    bundle = ProductFactory(namespace=namespace, images=[PushedImageFactory(namespace=namespace) for _ in range(2)])
    Image.objects.filter(pk=bundle.images.all()[0].pk).update(leading_tag=None)
    refresh_search_entries()

    assert counts("platform") == {}
    assert list_products(Product.objects.all())[0].platforms == ()


def test_counting_takes_two_statements_whatever_is_chosen(shop: None) -> None:
    for chosen in ({}, {one.name: [one.choices[0][0] if one.choices else "databases"] for one in FILTERS}):
        with CaptureQueriesContext(connection) as queries:
            counted(**chosen)
        assert len(queries) == 2


def test_what_no_filter_knows_is_left_out() -> None:
    given = {
        "platform": ["aarch64", "linux/arm64/v8", "plan9/mips"],
        "price": ["free", "'"],
        "size": ["50", "50", "-1"],
        "category": ["no-such-shelf", "\x00"],
        "updated": ["yesterday"],
    }

    assert read_filters(lambda name: given.get(name, [])) == {
        "platform": ["linux/arm64"],
        "price": ["free"],
        "size": ["50"],
        "category": ["no-such-shelf"],
    }
