"""Searching: the address says everything, and no address is broken."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from marketplace.images.models import Manifest, Namespace
from marketplace.products.models import Category, Product
from marketplace.products.services.search_entries import refresh_search_entries
from marketplace.search.services import count_known_words
from tests.factories.marketplace import FreeProductFactory, ProductFactory
from tests.support.pages import assert_sound

pytestmark = pytest.mark.django_db


def shown(client: Client, query: str) -> set[str]:
    response = client.get(f"/search/{query}")
    assert_sound(response)
    return {listing.product.slug for listing in response.context["listings"]}


@pytest.fixture
def shelf(namespace: Namespace) -> dict[str, Product]:
    databases = Category.objects.get(pk="databases")
    products: dict[str, Product] = {
        "db": ProductFactory(namespace=namespace, slug="db", title="Postgres HA", category=databases),
        "logs": FreeProductFactory(namespace=namespace, slug="logs", title="Log Shipper"),
    }
    Manifest.objects.filter(image__products=products["db"]).update(platforms=["linux/amd64", "linux/arm64"])
    refresh_search_entries()
    count_known_words()
    return products


@pytest.mark.parametrize(
    ("query", "slugs"),
    [
        pytest.param("", {"db", "logs"}, id="everything"),
        pytest.param("?q=postgres", {"db"}, id="a word"),
        pytest.param("?q=nothing+of+the+kind", set(), id="no hit"),
        pytest.param("?category=databases", {"db"}, id="a category"),
        pytest.param("?category=databases&category=ai", {"db"}, id="one of two categories"),
        pytest.param("?price=free", {"logs"}, id="free"),
        pytest.param("?price=paid", {"db"}, id="with a price"),
        pytest.param("?price=free&price=paid", {"db", "logs"}, id="either"),
        pytest.param("?platform=linux/arm64", {"db"}, id="a platform"),
        pytest.param("?platform=linux/arm64/v8", {"db"}, id="a platform by another of its names"),
        pytest.param("?platform=aarch64", {"db"}, id="an architecture"),
        pytest.param("?q=postgres&price=free", set(), id="word and filter"),
        pytest.param("?sort=nonsense&page=99&price=nonsense&platform=x", {"db", "logs"}, id="what makes no sense is left out"),
        pytest.param("?category=no-such-shelf", set(), id="an unknown category is empty, not broken"),
        pytest.param("?q=%00&category=%00&page=%00", {"db", "logs"}, id="NUL"),
    ],
)
def test_words_and_filters_narrow_the_list(client: Client, shelf: dict[str, Product], query: str, slugs: set[str]) -> None:
    assert shown(client, query) == slugs


def test_an_empty_list_says_how_to_go_on(client: Client, shelf: dict[str, Product]) -> None:
    filtered = client.get("/search/?q=postgres&price=free").content.decode()
    assert "Clear the filters" in filtered
    assert '<a href="?q=postgres">Without “Price”: 1 product</a>' in filtered
    assert "Browse all" in client.get("/search/?q=zzzzzz").content.decode()


def test_an_empty_list_offers_each_word_alone_and_what_most_people_pull(client: Client, shelf: dict[str, Product]) -> None:
    response = client.get("/search/?q=postgres+zzzzzz")

    html = response.content.decode()
    assert '<a href="/search/?q=postgres">Search for “postgres” alone</a>' in html
    assert {listing.product.slug for listing in response.context["popular"]} == {"db", "logs"}
    assert_sound(response)


def test_it_is_said_what_was_searched_for_instead_of_a_typing_error(client: Client, shelf: dict[str, Product]) -> None:
    response = client.get("/search/?q=postgras")

    assert "No product is called “postgras”. You see what is found for <strong>postgres</strong>." in response.content.decode()
    assert {listing.product.slug for listing in response.context["listings"]} == {"db"}


def test_it_is_said_what_was_searched_for_as_well(client: Client, shelf: dict[str, Product]) -> None:
    assert "Also searched for: pg, postgresql." in client.get("/search/?q=postgres").content.decode()


def test_a_filter_in_use_can_be_taken_off_and_the_word_stays(client: Client, shelf: dict[str, Product]) -> None:
    html = client.get("/search/?q=postgres&category=databases").content.decode()

    assert 'href="?q=postgres"' in html


def test_choices_count_what_they_would_leave(client: Client, shelf: dict[str, Product]) -> None:
    filters = client.get("/search/?category=databases").context["filters"]

    counts = {choice.value: choice.count for _, _, choices in filters for choice in choices}
    kinds = {"50": 1, "unnamed": 1, "30": 1, "90": 1, "365": 1}
    assert counts == {"databases": 1, "free": 0, "paid": 1, "linux/amd64": 1, "linux/arm64": 1} | kinds


def test_what_is_paid_each_month_is_not_called_one_off(client: Client, namespace: Namespace) -> None:
    ProductFactory(namespace=namespace, title="Postgres HA", price__interval="month")

    html = client.get("/search/?price=paid").content.decode()

    assert (">Postgres HA</a>" in html, "each month" in html, "One-off" in html) == (True, True, False)
    assert re.search(r'class="chip"[^>]*>\s*Paid\b', html)


def test_what_was_typed_is_shown_as_text(client: Client, shelf: dict[str, Product]) -> None:
    html = client.get("/search/?q=%3Cscript%3Ealert(1)%3C/script%3E").content.decode()

    assert "<script>alert" not in html


def test_queries_do_not_grow_and_long_lists_come_in_pages(client: Client, namespace: Namespace) -> None:
    ProductFactory(namespace=namespace)
    with CaptureQueriesContext(connection) as few:
        client.get("/search/")
    for _ in range(13):
        ProductFactory(namespace=namespace)

    with CaptureQueriesContext(connection) as many:
        response = client.get("/search/")

    assert len(many) == len(few)
    assert len(response.context["listings"]) == 12
    assert "?page=2" in response.content.decode()
    assert len(client.get("/search/?page=2").context["listings"]) == 2
