"""The first page tells what is there, and makes nothing up."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.sellers.models import SellerProfile
from marketplace.images.models import Image, Namespace
from marketplace.insights.tasks import add_up_pulls
from marketplace.products.models import Category
from tests.factories.marketplace import DraftProductFactory, FreeProductFactory, ProductFactory
from tests.support.pages import assert_sound

pytestmark = pytest.mark.django_db


def test_an_empty_shop_says_what_to_do(client: Client) -> None:
    response = client.get("/")

    assert_sound(response)
    assert "The shelves are empty" in response.content.decode()
    assert response.context["hero"] is None


def test_what_is_published_is_on_the_shelf_with_its_price_and_its_cover(client: Client, namespace: Namespace) -> None:
    product = ProductFactory(namespace=namespace, title="Postgres HA", category=Category.objects.get(pk="databases"), price__amount=4900)

    response = client.get("/")

    page = assert_sound(response)
    assert [listing.product for listing in response.context["newest"]] == [product]
    assert "€49.00" in response.content.decode()
    assert response.context["facts"] == {"products": 1, "sellers": 1, "platforms": ["amd64"]}
    assert [(shelf.slug, shelf.shelf_size) for shelf in response.context["categories"]] == [("databases", 1)]
    assert [link.get("href") for link in page.all("a") if "/categories/" in (link.get("href") or "")] == ["/categories/databases/"]
    assert any("cover-tall" in (attributes.get("class") or "") for attributes in page.all("svg"))


def test_drafts_and_suspended_sellers_are_not_shown(client: Client, namespace: Namespace) -> None:
    DraftProductFactory(namespace=namespace)
    suspended = ProductFactory()
    SellerProfile.objects.filter(pk=suspended.seller_id).update(suspended_at=suspended.created_at, suspension_reason="Fraud.")

    assert client.get("/").context["newest"] == []


def test_popular_is_what_the_registry_counted(client: Client, namespace: Namespace) -> None:
    often, never = FreeProductFactory(namespace=namespace), FreeProductFactory(namespace=namespace)
    Image.objects.filter(products=often).update(pull_count=1234)
    assert add_up_pulls() == 1

    response = client.get("/")

    assert [listing.product for listing in response.context["popular"]] == [often]
    assert "1,234 pulls" in response.content.decode()
    assert never in [listing.product for listing in response.context["newest"]]
    assert add_up_pulls() == 0


def test_the_number_of_queries_does_not_grow_with_the_shelves(client: Client, namespace: Namespace) -> None:
    ProductFactory(namespace=namespace)
    Image.objects.update(pull_count=1)
    add_up_pulls()
    with CaptureQueriesContext(connection) as few:
        client.get("/")
    for _ in range(5):
        ProductFactory(namespace=namespace)
    Image.objects.update(pull_count=1)
    add_up_pulls()

    with CaptureQueriesContext(connection) as many:
        client.get("/")

    assert len(many) == len(few)


def test_the_theme_of_the_cookie_is_in_the_page_before_any_script(client: Client) -> None:
    client.cookies["theme"] = "dark"
    assert '<html lang="en" data-theme="dark">' in client.get("/").content.decode()

    client.cookies["theme"] = '"><script>'
    assert '<html lang="en">' in client.get("/").content.decode()
