"""The page and the API answer the same question with the same products."""

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.domains.models import ShopDomain
from marketplace.images.models import Manifest, Namespace
from marketplace.products.services.search_entries import refresh_search_entries
from marketplace.search.services import count_known_words
from tests.factories.marketplace import FreeProductFactory, ProductFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def shelf(namespace: Namespace) -> None:
    ProductFactory(namespace=namespace, slug="db", title="Postgres HA", category_id="databases", licence_name="MIT")
    FreeProductFactory(namespace=namespace, slug="backup", title="Postgres backup", category_id="data")
    FreeProductFactory(slug="logs", title="Log shipper", summary="From Postgres.")
    Manifest.objects.filter(image__products__slug="db").update(platforms=["linux/amd64", "linux/arm64"], size=300_000_000)
    ShopDomain.objects.create(seller_id=namespace.owner_id, domain="acme.com", token="t", seen_at=timezone.now(), seen_by="file")
    refresh_search_entries()
    count_known_words()


@pytest.mark.parametrize(
    ("page", "api"),
    [
        pytest.param({"q": "postgres"}, {}, id="words"),
        pytest.param({"q": "posgtres -backup"}, {}, id="a typing error"),
        pytest.param({"q": "acme/db"}, {}, id="a name"),
        pytest.param({"category": "databases"}, {}, id="category"),
        pytest.param({"price": "free"}, {"free": True}, id="free"),
        pytest.param({"price": "paid"}, {"free": False}, id="with a price"),
        pytest.param({"platform": ["linux/arm64", "windows/amd64"]}, {}, id="platforms"),
        pytest.param({"seller": "verified"}, {}, id="verified sellers"),
        pytest.param({"size": "1000"}, {}, id="size"),
        pytest.param({"licence": ["permissive", "copyleft"]}, {}, id="licences"),
        pytest.param({"updated": "30"}, {}, id="updated"),
        pytest.param({"q": "postgres", "seller": "verified", "platform": "linux/arm64"}, {}, id="all together"),
    ],
)
def test_the_page_and_the_api_find_the_same(
    client: Client, as_other: APIClient, shelf: None, page: dict[str, str | list[str]], api: dict[str, bool]
) -> None:
    shown = sorted(one.product.slug for one in client.get("/search/", page).context["listings"])
    listed = as_other.get("/api/v1/products/", api or page).json()["results"]

    assert sorted(one["slug"] for one in listed) == shown != []
    assert len(shown) < 3 or page in ({"q": "postgres"}, {"updated": "30"})
