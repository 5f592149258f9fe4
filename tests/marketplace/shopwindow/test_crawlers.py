"""What search engines read: one address for each page, and a sitemap that costs the same however much there is."""

import re
from xml.etree import ElementTree as ET

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import resolve
from django.utils import timezone

from accounts.sellers.models import SellerProfile
from marketplace.images.models import Namespace
from marketplace.products.models import Category, Product
from marketplace.shopwindow import sitemap
from marketplace.shopwindow.sitemap import robots, sitemap_part
from tests.factories.marketplace import DraftProductFactory, ProductFactory
from tests.support.pages import assert_sound

pytestmark = pytest.mark.django_db

HOST = "http://layerstore.test:8080"


def locations(text: str) -> list[str]:
    return [found.text or "" for found in ET.fromstring(text).iterfind("{*}*/{*}loc")]


def test_the_sitemap_lists_what_everybody_may_read_and_each_address_answers(client: Client, namespace: Namespace) -> None:
    product = ProductFactory(namespace=namespace, slug="db", category=Category.objects.get(pk="databases"))
    DraftProductFactory(namespace=namespace, slug="draft")
    hidden = ProductFactory()
    SellerProfile.objects.filter(pk=hidden.seller_id).update(suspended_at=timezone.now(), suspension_reason="Fraud.")

    index = client.get("/sitemap.xml")
    parts = locations(index.content.decode())
    found = [address for part in parts for address in locations(client.get(part.removeprefix(HOST)).content.decode())]

    assert index["Content-Type"] == "application/xml; charset=utf-8"
    assert parts == [f"{HOST}/sitemap/{name}-1.xml" for name in ("pages", "shops", "products")]
    assert {f"{HOST}/", f"{HOST}/categories/databases/", f"{HOST}/acme", f"{HOST}/acme/db"} <= set(found)
    assert not [address for address in found if "draft" in address or hidden.namespace.name in address]
    assert [client.get(address.removeprefix(HOST)).status_code for address in found] == [200] * len(found)
    changed = Product.objects.get(pk=product.pk).updated_at.isoformat(timespec="seconds")
    assert f"<lastmod>{changed}</lastmod>" in client.get("/sitemap/products-1.xml").content.decode()


def test_parts_are_of_bounded_size_and_hold_everything_once(monkeypatch: pytest.MonkeyPatch, namespace: Namespace) -> None:
    monkeypatch.setattr(sitemap, "PART", 2)
    for number in range(5):
        ProductFactory(namespace=namespace, slug=f"db-{number}")

    parts = [locations(sitemap_part("products", number) or "") for number in (1, 2, 3)]

    assert [len(part) for part in parts] == [2, 2, 1]
    assert len({address for part in parts for address in part}) == 5
    assert sitemap_part("products", 4) is None
    assert [part for part in locations(sitemap.sitemap_index()) if "products" in part] == [
        f"{HOST}/sitemap/products-{number}.xml" for number in (1, 2, 3)
    ]


@pytest.mark.parametrize("path", ["/sitemap.xml", "/sitemap/products-1.xml", "/sitemap/shops-1.xml", "/sitemap/pages-1.xml"])
def test_the_number_of_queries_does_not_grow_with_the_products(client: Client, namespace: Namespace, path: str) -> None:
    ProductFactory(namespace=namespace)
    with CaptureQueriesContext(connection) as few:
        assert client.get(path).status_code == 200
    for _ in range(10):
        ProductFactory()
    with CaptureQueriesContext(connection) as many:
        assert client.get(path).status_code == 200

    assert len(many) == len(few) <= 2


@pytest.mark.parametrize("path", ["/sitemap/products-1.xml", "/sitemap/pages-0.xml", "/sitemap/pages-2.xml", "/sitemap/orders-1.xml"])
def test_a_part_that_is_not_there_is_missing(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_crawlers_are_kept_from_what_is_somebodys_own(client: Client) -> None:
    answer = client.get("/robots.txt")

    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    lines = answer.content.decode().splitlines()
    assert f"Sitemap: {HOST}/sitemap.xml" in lines
    forbidden = [line.removeprefix("Disallow: ") for line in lines if line.startswith("Disallow")]
    assert {"/account/", "/selling/", "/library/", "/orders/", "/billing/"} <= set(forbidden)
    for path in re.findall(r"^Disallow: (/(?:account|library|selling|admin)/)$", robots(), re.MULTILINE):
        assert resolve(path).view_name


def canonical(client: Client, path: str) -> list[str | None]:
    page = assert_sound(client.get(path))
    return [link["href"] for link in page.all("link") if link.get("rel") == "canonical"]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("/", "/"),
        ("/?utm_source=mail", "/"),
        ("/acme/db", "/acme/db"),
        ("/acme/db?image=acme%2Fdb", "/acme/db"),
        ("/acme?page=1", "/acme"),
        ("/acme?page=2", "/acme?page=2"),
        ("/acme?page=x", "/acme"),
        ("/acme?page=٣", "/acme"),
        ("/search/?q=db&page=3", "/search/?page=3"),
    ],
)
def test_a_page_names_its_one_address(client: Client, namespace: Namespace, asked: str, told: str) -> None:
    ProductFactory(namespace=namespace, slug="db")

    assert canonical(client, asked) == [f"{HOST}{told}"]


def test_the_address_is_under_our_host_whatever_the_request_says(client: Client, settings) -> None:
    settings.ALLOWED_HOSTS = ["*"]

    page = client.get("/", headers={"host": "evil.example"})

    assert f'<link rel="canonical" href="{HOST}/">' in page.content.decode()


def test_an_error_is_no_page(client: Client) -> None:
    assert canonical(client, "/nobody/nothing") == []
