"""What search engines and other sites are told of a product, and that nobody's text runs there."""

import json
import re
from typing import Any

import pytest
from django.template import Context, Template
from django.test import Client
from django.utils import timezone

from accounts.domains.models import ShopDomain
from accounts.sellers.models import SellerProfile
from marketplace.covers.services import draw_outdated_covers
from marketplace.images.models import Namespace
from marketplace.products.models import Category, Product, ProductPicture
from tests.factories.marketplace import (
    DraftProductFactory,
    FreeProductFactory,
    ImageFactory,
    LayerListFactory,
    ProductFactory,
    PushedImageFactory,
    layer,
)
from tests.support.pages import assert_sound

pytestmark = pytest.mark.django_db

HOST = "http://layerstore.test:8080"
HOSTILE = '</script><script>alert("1")</script><!-- & \u2028'


@pytest.fixture
def product(namespace: Namespace) -> Product:
    category = Category.objects.get(pk="databases")
    return ProductFactory(namespace=namespace, slug="db", title="Postgres HA", summary="Fails over.", category=category, price__amount=4900)


def told(client: Client, path: str = "/acme/db") -> dict[str, Any]:
    blocks = re.findall(r'<script type="application/ld\+json">(.*?)</script>', client.get(path).content.decode(), re.DOTALL)
    assert len(blocks) == 1
    data: dict[str, Any] = json.loads(blocks[0])
    return data


def meta(client: Client, path: str) -> dict[str, str | None]:
    page = assert_sound(client.get(path))
    return {str(tag.get("property") or tag.get("name")): tag.get("content") for tag in page.all("meta")}


def test_a_product_is_told_with_its_offer(client: Client, product: Product) -> None:
    ProductPicture.objects.create(product=product, file="products/0.webp", width=1, height=1, alt="A picture.")
    draw_outdated_covers()

    assert told(client) == {
        "@context": "https://schema.org",
        "@type": "Product",
        "@id": f"{HOST}/acme/db",
        "url": f"{HOST}/acme/db",
        "name": "Postgres HA",
        "sku": "acme/db",
        "description": "Fails over.",
        "category": "Databases",
        "image": [f"{HOST}/covers/acme/db.png", f"{HOST}/media/products/0.webp"],
        "brand": {"@type": "Brand", "name": "Acme Data"},
        "offers": {
            "@type": "Offer",
            "url": f"{HOST}/acme/db",
            "price": "49.00",
            "priceCurrency": "EUR",
            "availability": "https://schema.org/InStock",
            "seller": {"@type": "Organization", "name": "Acme Data", "url": f"{HOST}/acme"},
        },
    }


def test_what_cannot_be_had_is_not_told_as_on_offer(client: Client, product: Product) -> None:
    SellerProfile.objects.update(charges_enabled=False)

    assert told(client)["offers"]["availability"] == "https://schema.org/OutOfStock"


def test_what_is_free_costs_nothing_and_what_has_no_price_has_no_offer(client: Client, seller_client: Client, namespace: Namespace) -> None:
    FreeProductFactory(namespace=namespace, slug="free", summary="")
    DraftProductFactory(namespace=namespace, slug="draft", price=False)

    assert told(client, "/acme/free")["offers"]["price"] == "0.00"
    assert "description" not in told(client, "/acme/free")
    assert "offers" not in told(seller_client, "/acme/draft")


@pytest.mark.parametrize(("interval", "duration"), [("month", "P1M"), ("year", "P1Y")])
def test_what_is_paid_again_and_again_says_how_often(client: Client, namespace: Namespace, interval: str, duration: str) -> None:
    ProductFactory(namespace=namespace, slug="often", price__interval=interval)

    offer = told(client, "/acme/often")["offers"]

    specification = {"@type": "UnitPriceSpecification", "price": "5.00", "priceCurrency": "EUR", "billingDuration": duration}
    assert (offer["price"], offer["priceSpecification"]) == ("5.00", specification)


def test_nobodys_text_leaves_the_data(client: Client, product: Product) -> None:
    Product.objects.update(title=HOSTILE, summary=HOSTILE)

    assert told(client)["name"] == HOSTILE
    html = client.get("/acme/db").content.decode()
    assert "</script><script>alert" not in html
    assert_sound(client.get("/acme/db"))


def test_the_block_is_one_element_whatever_is_in_it() -> None:
    block = Template("{% load structured_data %}{% json_ld data %}").render(Context({"data": {"a": HOSTILE}}))

    assert block.count("<") == 2
    assert json.loads(block.partition(">")[2].rpartition("<")[0]) == {"a": HOSTILE}


def test_the_policy_is_as_strict_as_ever(client: Client, product: Product) -> None:
    assert "script-src 'self'" in client.get("/acme/db")["Content-Security-Policy"].split("; ")


def test_a_link_is_previewed_with_the_layers(client: Client, product: Product) -> None:
    draw_outdated_covers()

    for path, title in (
        ("/acme/db", "Postgres HA"),
        ("/acme", "Acme Data"),
        ("/categories/databases/", "Databases"),
        ("/", "Docker images, for sale"),
    ):
        found = meta(client, path)
        assert found["og:title"] == title
        assert found["og:url"] == f"{HOST}{path}"
        assert found["og:image"] == f"{HOST}/covers/acme/db.png"


def test_without_a_cover_there_is_no_picture(client: Client, product: Product) -> None:
    assert "og:image" not in meta(client, "/acme/db")


def test_the_preview_is_drawn_once_for_each_cover(client: Client, product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    draw_outdated_covers()
    first = client.get("/covers/acme/db.png")
    assert (first.status_code, first["Content-Type"], first["Cache-Control"]) == (200, "image/png", "public, max-age=3600")
    monkeypatch.setattr("marketplace.covers.services.preview_png", None)

    assert client.get("/covers/acme/db.png").content == first.content


def test_a_bundles_preview_is_its_own(client: Client, namespace: Namespace) -> None:
    images = [PushedImageFactory(namespace=namespace) for _ in range(2)]
    for slug, contents in (("one", images[:1]), ("both", images)):
        ProductFactory(namespace=namespace, slug=slug, images=contents)
    draw_outdated_covers()

    one, both = (client.get(f"/covers/acme/{slug}.png").content for slug in ("one", "both"))

    assert one != both
    assert one.startswith(b"\x89PNG")


def test_a_preview_follows_the_cover(client: Client, product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    draw_outdated_covers()
    before = client.get("/covers/acme/db.png").content
    monkeypatch.setattr("marketplace.covers.services._VERSION", -1)
    Product.objects.get().images.get().manifests.get().layer_list.delete()
    LayerListFactory(manifest=product.images.get().manifests.get(), layers=[layer("another", 50_000_000)])
    draw_outdated_covers()

    assert client.get("/covers/acme/db.png").content != before


def test_who_may_not_see_a_product_sees_no_preview(client: Client, seller_client: Client, namespace: Namespace) -> None:
    DraftProductFactory(namespace=namespace, slug="draft")
    ProductFactory(namespace=namespace, slug="empty", images=[ImageFactory(namespace=namespace)])
    draw_outdated_covers()

    assert client.get("/covers/acme/draft.png").status_code == 404
    assert seller_client.get("/covers/acme/draft.png")["Cache-Control"] == "private, no-store"
    assert client.get("/covers/acme/empty.png").status_code == 404


@pytest.mark.parametrize(
    ("seen_by", "words"), [("dns", "a DNS record with this seller’s code was seen there"), ("file", "a file with this seller’s code")]
)
def test_shop_and_product_say_of_a_verified_domain_what_was_seen_and_when(
    client: Client, product: Product, seen_by: str, words: str
) -> None:
    at = timezone.now()
    ShopDomain.objects.create(seller=product.seller, domain="acme.com", token="1", seen_at=at, seen_by=seen_by)

    shop, page = (client.get(path).content.decode() for path in ("/acme", "/acme/db"))

    for shown in (shop, page):
        assert words in shown
        assert at.strftime("%Y-%m-%d %H:%M:%S UTC") in shown


def test_a_domain_that_was_not_seen_is_nowhere(client: Client, product: Product) -> None:
    ShopDomain.objects.create(seller=product.seller, domain="acme.com", token="1")

    assert "acme.com" not in client.get("/acme").content.decode() + client.get("/acme/db").content.decode()
