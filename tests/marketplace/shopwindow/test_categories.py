"""A category's page, and what stands beside a product."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from marketplace.images.models import Namespace
from marketplace.products.models import Category, Product
from marketplace.shopwindow.related import OF_EACH, related_to
from tests.factories.marketplace import DraftProductFactory, NamespaceFactory, ProductFactory
from tests.support.pages import assert_sound

pytestmark = pytest.mark.django_db


@pytest.fixture
def databases() -> Category:
    return Category.objects.get(pk="databases")


def test_a_category_shows_what_it_holds_the_most_pulled_first(client: Client, namespace: Namespace, databases: Category) -> None:
    seldom, often = (ProductFactory(namespace=namespace, category=databases) for _ in range(2))
    Product.objects.filter(pk=often.pk).update(pulls=5)
    DraftProductFactory(namespace=namespace, category=databases)
    elsewhere = ProductFactory(namespace=namespace, category=Category.objects.exclude(pk="databases")[0])

    response = client.get("/categories/databases/")

    page = assert_sound(response)
    assert [listing.product for listing in response.context["listings"]] == [often, seldom]
    assert list(response.context["others"]) == [elsewhere.category]
    assert f"/categories/{elsewhere.category_id}/" in [link.get("href") for link in page.all("a")]


def test_an_empty_category_says_what_to_do_and_an_unknown_one_is_missing(client: Client) -> None:
    response = client.get("/categories/databases/")

    assert_sound(response)
    assert "Nothing here yet" in response.content.decode()
    assert client.get("/categories/nowhere/").status_code == 404


def test_the_number_of_queries_does_not_grow_with_the_shelf(client: Client, databases: Category) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            client.get("/categories/databases/")
        return len(found)

    ProductFactory(category=databases)
    few = queries()
    for _ in range(8):
        ProductFactory(category=databases)

    assert queries() == few


def test_home_and_product_lead_to_the_category(client: Client, namespace: Namespace, databases: Category) -> None:
    ProductFactory(namespace=namespace, slug="db", category=databases)

    for path in ("/", "/acme/db"):
        assert 'href="/categories/databases/"' in client.get(path).content.decode()


def test_beside_a_product_stands_its_sellers_and_what_is_pulled_most_in_its_category(namespace: Namespace, databases: Category) -> None:
    product = ProductFactory(namespace=namespace, category=databases)
    own = [ProductFactory(namespace=namespace, category=databases) for _ in range(OF_EACH + 1)]
    DraftProductFactory(namespace=namespace)
    others = [ProductFactory(namespace=NamespaceFactory(), category=databases) for _ in range(OF_EACH + 1)]
    Product.objects.filter(pk=others[0].pk).update(pulls=9)

    found = related_to(product)

    assert [listing.product for listing in found.of_seller] == own[: -OF_EACH - 1 : -1]
    assert found.of_category[0].product == others[0]
    assert len(found.of_category) == OF_EACH
    assert not {listing.product for listing in found.of_category} & {product, *own}


def test_a_product_without_a_category_and_alone_in_its_shop_stands_alone(client: Client, namespace: Namespace) -> None:
    product = ProductFactory(namespace=namespace, slug="db")
    ProductFactory()

    found = related_to(product)

    assert (list(found.of_seller), list(found.of_category)) == ([], [])
    html = client.get("/acme/db").content.decode()
    assert "More by" not in html
    assert "Most pulled in" not in html
