import pytest
from rest_framework.test import APIClient

from accounts.sellers.models import SellerProfile
from audit.models import AuditEvent
from marketplace.entitlements.models import Entitlement
from marketplace.images.models import Namespace
from marketplace.products.models import Price, Product
from tests.factories.marketplace import DraftProductFactory, FreeProductFactory, ProductFactory, PushedImageFactory

pytestmark = pytest.mark.django_db


def _slugs(client: APIClient, **filters: str | float) -> list[str]:
    return sorted(row["slug"] for row in client.get("/api/v1/products/", filters).json()["results"])


def test_a_product_goes_from_draft_to_sale(as_seller: APIClient, namespace: Namespace) -> None:
    image = PushedImageFactory(namespace=namespace, name="db")
    page = {
        "namespace": namespace.pk,
        "slug": "db",
        "title": "Postgres HA",
        "summary": "It fails over.",
        "images": [image.pk],
        "category": "databases",
    }

    made = as_seller.post("/api/v1/products/", page, format="json")
    priced = as_seller.post("/api/v1/prices/", {"product": made.json()["id"], "amount": 4900, "currency": "eur"}, format="json")
    published = as_seller.post(f"/api/v1/products/{made.json()['id']}/publish/")

    assert [answer.status_code for answer in (made, priced, published)] == [201, 201, 200]
    body = published.json()
    assert (body["state"], body["price"]["amount"], body["images"]) == ("published", 4900, [image.reference])
    assert body["url"] == "http://layerstore.test:8080/acme/db"


def test_what_is_missing_for_publication_is_said(as_seller: APIClient, namespace: Namespace) -> None:
    product = DraftProductFactory(namespace=namespace, price=False)

    response = as_seller.post(f"/api/v1/products/{product.pk}/publish/")

    product.refresh_from_db()
    assert "price" in response.json()["detail"]
    assert (response.status_code, product.state) == (409, Product.State.DRAFT)


def test_a_page_and_its_images_are_changed(as_seller: APIClient, namespace: Namespace) -> None:
    product = DraftProductFactory(namespace=namespace)
    other = PushedImageFactory(namespace=namespace)

    response = as_seller.patch(f"/api/v1/products/{product.pk}/", {"title": "New title", "images": [other.pk]}, format="json")

    product.refresh_from_db()
    assert (response.status_code, product.title) == (200, "New title")
    assert list(product.images.all()) == [other]


def test_a_change_that_is_refused_in_part_changes_nothing(as_seller: APIClient, namespace: Namespace) -> None:
    product = DraftProductFactory(namespace=namespace)
    before, events = list(product.images.all()), AuditEvent.objects.count()
    change = {"description": "![" * 25_000, "images": [PushedImageFactory(namespace=namespace).pk]}

    response = as_seller.patch(f"/api/v1/products/{product.pk}/", change, format="json")

    assert (response.status_code, response.json()["code"]) == (422, "invalid_product")
    assert list(product.images.all()) == before
    assert AuditEvent.objects.count() == events


def test_somebody_elses_image_is_refused(as_seller: APIClient, namespace: Namespace) -> None:
    product = DraftProductFactory(namespace=namespace)
    before = list(product.images.all())

    response = as_seller.patch(f"/api/v1/products/{product.pk}/", {"images": [PushedImageFactory().pk]}, format="json")

    assert (response.status_code, list(response.json()["errors"])) == (400, ["images"])
    assert list(product.images.all()) == before


def test_a_published_product_is_withdrawn(as_seller: APIClient, namespace: Namespace) -> None:
    product = ProductFactory(namespace=namespace)

    response = as_seller.post(f"/api/v1/products/{product.pk}/withdraw/")

    assert (response.status_code, response.json()["state"]) == (200, "withdrawn")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        pytest.param("patch", "", {"title": "Mine now"}, id="change"),
        pytest.param("post", "publish/", None, id="publish"),
        pytest.param("post", "withdraw/", None, id="withdraw"),
    ],
)
def test_nobody_changes_somebody_elses_product(as_other: APIClient, namespace: Namespace, method: str, path: str, body: object) -> None:
    product = ProductFactory(namespace=namespace)

    response = getattr(as_other, method)(f"/api/v1/products/{product.pk}/{path}", body, format="json")

    after = Product.objects.get(pk=product.pk)
    assert response.status_code == 404
    assert (after.title, after.state) == (product.title, Product.State.PUBLISHED)


def test_nobody_prices_somebody_elses_product(as_other: APIClient, namespace: Namespace) -> None:
    product = ProductFactory(namespace=namespace)

    response = as_other.post("/api/v1/prices/", {"product": product.pk, "amount": 1, "currency": "eur"}, format="json")

    assert (response.status_code, list(response.json()["errors"])) == (400, ["product"])
    assert Price.objects.filter(product=product).count() == 1


def test_a_price_is_paid_once_unless_it_says_otherwise(as_seller: APIClient, namespace: Namespace) -> None:
    product = ProductFactory(namespace=namespace)
    price = {"product": product.pk, "amount": 700, "currency": "eur"}

    made = [as_seller.post("/api/v1/prices/", price | often, format="json") for often in ({}, {"interval": "year"}, {"interval": "day"})]

    assert [(answer.status_code, answer.json().get("interval")) for answer in made[:2]] == [(201, ""), (201, "year")]
    assert made[2].status_code == 400


def test_prices_are_listed_with_those_that_were(as_seller: APIClient, as_other: APIClient, namespace: Namespace) -> None:
    product = ProductFactory(namespace=namespace)
    as_seller.post("/api/v1/prices/", {"product": product.pk, "amount": 700, "currency": "eur"}, format="json")

    rows = as_seller.get("/api/v1/prices/", {"product": product.pk}).json()["results"]

    assert [(row["amount"], row["retired_at"] is None) for row in rows] == [(700, True), (500, False)]
    assert as_other.get("/api/v1/prices/").json()["results"] == []


def test_one_sees_the_shop_and_ones_own_drafts(as_seller: APIClient, as_buyer: APIClient, namespace: Namespace) -> None:
    DraftProductFactory(namespace=namespace, slug="draft")
    ProductFactory(namespace=namespace, slug="sold")
    FreeProductFactory(slug="given")

    assert _slugs(as_seller) == ["draft", "given", "sold"]
    assert _slugs(as_buyer) == ["given", "sold"]
    assert _slugs(as_seller, mine=True) == ["draft", "sold"]
    assert _slugs(as_seller, mine=False) == ["given"]
    assert _slugs(as_buyer, free=True) == ["given"]
    assert _slugs(as_buyer, free=False) == ["sold"]
    assert _slugs(as_seller, state="draft") == ["draft"]
    assert _slugs(as_buyer, namespace="acme") == ["sold"]


def test_products_of_a_suspended_seller_are_not_shown(as_buyer: APIClient, seller: SellerProfile, namespace: Namespace) -> None:
    ProductFactory(namespace=namespace)
    SellerProfile.objects.filter(pk=seller.pk).update(suspended_at="2026-01-01T00:00Z", suspension_reason="Malware.")

    assert _slugs(as_buyer) == []


def test_products_are_found_by_words(as_seller: APIClient, namespace: Namespace) -> None:
    image = PushedImageFactory(namespace=namespace, name="db")
    made = as_seller.post(
        "/api/v1/products/", {"namespace": namespace.pk, "slug": "db", "title": "Postgres HA", "images": [image.pk]}, format="json"
    ).json()
    as_seller.post("/api/v1/prices/", {"product": made["id"], "amount": 0, "currency": "eur"}, format="json")
    as_seller.post(f"/api/v1/products/{made['id']}/publish/")

    assert (_slugs(as_seller, q="postgres"), _slugs(as_seller, q="kafka")) == (["db"], [])


def test_a_free_product_is_obtained_once(as_buyer: APIClient) -> None:
    product = FreeProductFactory()

    answers = [as_buyer.post(f"/api/v1/products/{product.pk}/obtain/") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert Entitlement.objects.count() == 1
    entry = as_buyer.get("/api/v1/library/").json()[0]
    image = product.images.get()
    assert (entry["reference"], entry["may_pull"], entry["digest"], entry["order"]) == (
        f"{image.reference}:1.0",
        True,
        image.tags.get().manifest.digest,
        None,
    )


def test_what_has_a_price_is_not_obtained_for_nothing(as_buyer: APIClient) -> None:
    product = ProductFactory()

    response = as_buyer.post(f"/api/v1/products/{product.pk}/obtain/")

    assert response.status_code == 409
    assert Entitlement.objects.count() == 0


def test_the_library_is_ones_own(as_buyer: APIClient, as_other: APIClient) -> None:
    as_buyer.post(f"/api/v1/products/{FreeProductFactory().pk}/obtain/")

    assert (len(as_buyer.get("/api/v1/library/").json()), as_other.get("/api/v1/library/").json()) == (1, [])


def test_the_library_shows_what_has_not_been_pushed(as_buyer: APIClient) -> None:
    product = FreeProductFactory()
    as_buyer.post(f"/api/v1/products/{product.pk}/obtain/")
    product.images.get().tags.all().delete()

    entry = as_buyer.get("/api/v1/library/").json()[0]

    assert (entry["reference"], entry["digest"]) == ("", "")


def test_a_program_sets_prices_in_several_currencies_and_lets_buyers_decide(as_seller: APIClient, namespace: Namespace) -> None:
    product = ProductFactory(namespace=namespace)
    others = [{"amount": 600, "currency": "usd", "suggested": 900}, {"amount": 700, "currency": "chf"}]

    made = as_seller.post(
        "/api/v1/prices/", {"product": product.pk, "amount": 500, "currency": "eur", "kind": "pwyw", "others": others}, format="json"
    )

    shown = as_seller.get(f"/api/v1/products/{product.pk}/").json()
    assert (made.status_code, made.json()["id"]) == (201, shown["price"]["id"])
    assert [(row["currency"], row["amount"], row["kind"], row["suggested"], row["leading"]) for row in shown["prices"]] == [
        ("eur", 500, "pwyw", None, True),
        ("chf", 700, "pwyw", None, False),
        ("usd", 600, "pwyw", 900, False),
    ]
    assert [row["slug"] for row in as_seller.get("/api/v1/products/", {"mine": True}).json()["results"]] == [product.slug]


def test_prices_that_contradict_each_other_are_refused_as_a_whole(as_seller: APIClient, namespace: Namespace) -> None:
    product = ProductFactory(namespace=namespace)
    body = {"product": product.pk, "amount": 700, "currency": "eur", "others": [{"amount": 600, "currency": "eur"}]}

    response = as_seller.post("/api/v1/prices/", body, format="json")

    assert (response.status_code, response.json()["code"]) == (422, "invalid_price")
    assert [(row.amount, row.retired_at) for row in Price.objects.all()] == [(500, None)]
