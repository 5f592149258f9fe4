"""What is suggested while somebody types."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from marketplace.images.models import Namespace
from marketplace.products.models import Product
from marketplace.search.services import count_known_words
from tests.factories.marketplace import DraftProductFactory, ProductFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def shelf(namespace: Namespace) -> None:
    for slug, title in (("db", "Postgres HA"), ("backup", "Postgres backup"), ("cache", "Redis steady")):
        ProductFactory(namespace=namespace, slug=slug, title=title)
    DraftProductFactory(namespace=namespace, title="Postgressive secret")
    count_known_words()


def suggested(client: Client, text: str) -> list[tuple[str, str]]:
    answer = client.get("/search/suggestions", {"q": text})
    assert answer.status_code == 200
    return [(one["label"], one["url"]) for one in answer.json()["suggestions"]]


def test_words_come_first_and_then_products(client: Client, shelf: None) -> None:
    words, *products = suggested(client, "post")

    assert words == ("postgres", "/search/?q=postgres")
    assert sorted(products) == [("Postgres HA", "/acme/db"), ("Postgres backup", "/acme/backup")]


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param("p", [], id="one letter"),
        pytest.param("  \x00 ", [], id="NUL"),
        pytest.param("zzqq", [], id="nothing like it"),
        pytest.param("reids", ["Redis steady"], id="a typing error"),
        pytest.param("Redis ste", ["redis steady", "Redis steady"], id="the last of several words"),
        pytest.param("redis ", ["Redis steady"], id="a finished word"),
        pytest.param("redis +", ["Redis steady"], id="a sign at the end"),
        pytest.param("x" * 5_000, [], id="endless"),
    ],
)
def test_what_is_typed_is_completed(client: Client, shelf: None, text: str, labels: list[str]) -> None:
    assert [label for label, _ in suggested(client, text)] == labels


def test_nothing_is_suggested_that_may_not_be_shown(client: Client, shelf: None) -> None:
    assert "Postgressive secret" not in dict(suggested(client, "postgressi"))
    Product.objects.update(state=Product.State.WITHDRAWN)
    assert [label for label, _ in suggested(client, "postgres") if label != "postgres"] == []


def test_suggestions_take_the_same_statements_however_much_there_is(client: Client, namespace: Namespace, shelf: None) -> None:
    with CaptureQueriesContext(connection) as few:
        suggested(client, "post")
    for number in range(20):
        ProductFactory(namespace=namespace, title=f"Postgres {number}")
    count_known_words()

    with CaptureQueriesContext(connection) as many:
        assert len(suggested(client, "post")) <= 9

    assert len(many) == len(few) <= 5
