"""Editions in the API: a program divides a product, prices what it is sold in, orders and retires it."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.organisations.models import Role
from marketplace.images.models import Namespace
from marketplace.products.models import Edition, Product
from tests.factories.accounts import MembershipFactory, OrganisationFactory, SellerFactory, UserFactory
from tests.factories.marketplace import EditionFactory, NamespaceFactory, ProductFactory, PushedImageFactory
from tests.marketplace.conftest import client_of

pytestmark = pytest.mark.django_db
EDITIONS = "/api/v1/editions/"
EUR = [{"amount": 900, "currency": "eur"}]


@pytest.fixture
def product(namespace: Namespace) -> Product:
    """A bundle of two images."""
    made: Product = ProductFactory(
        namespace=namespace, images=[PushedImageFactory(namespace=namespace, name=name) for name in ("db", "web")]
    )
    return made


def body(product: Product, name: str = "Pro", **changes: Any) -> dict[str, Any]:
    images = [str(image.pk) for image in product.images.all()]
    return {"product": str(product.pk), "name": name, "images": images, "prices": EUR} | changes


def rows(product: Product) -> list[tuple[str, int, list[int]]]:
    """Name, place and current amounts of each edition that is sold."""
    found = Edition.objects.filter(product=product, retired_at=None)
    return [(one.name, one.position, [price.amount for price in one.prices.filter(retired_at=None).order_by("-leading")]) for one in found]


def test_a_program_divides_a_product_and_the_product_s_own_price_ends(as_seller: APIClient, product: Product) -> None:
    prices = [{"amount": 900, "currency": "eur"}, {"amount": 990, "currency": "usd"}]

    standard = as_seller.post(EDITIONS, body(product, "Standard", images=[str(product.images.get(name="db").pk)]), format="json")
    pro = as_seller.post(EDITIONS, body(product, line="For several servers.", prices=prices, interval="month"), format="json")

    assert (standard.status_code, pro.status_code) == (201, 201)
    made = pro.json()
    assert (made["name"], made["line"], made["position"], made["product"]) == ("Pro", "For several servers.", 1, str(product.pk))
    assert made["images"] == sorted(image.reference for image in product.images.all())
    assert [(row["amount"], row["currency"], row["interval"], row["leading"]) for row in made["prices"]] == [
        (900, "eur", "month", True),
        (990, "usd", "month", False),
    ]
    assert rows(product) == [("Standard", 0, [900]), ("Pro", 1, [900, 990])]
    shown = as_seller.get(f"/api/v1/products/{product.pk}/").json()
    assert [one["name"] for one in shown["editions"]] == ["Standard", "Pro"]
    assert not product.prices.filter(edition=None, retired_at=None).exists()


def test_what_is_left_out_of_a_change_stays_as_it_is(as_seller: APIClient, product: Product) -> None:
    edition = EditionFactory(product=product, name="Pro", images=list(product.images.all()), price__amount=900)

    renamed = as_seller.patch(f"{EDITIONS}{edition.pk}/", {"name": "Team"}, format="json")
    assert (renamed.status_code, renamed.json()["name"], len(renamed.json()["images"])) == (200, "Team", 2)
    assert rows(product) == [("Team", 0, [900])]
    one = str(product.images.get(name="web").pk)
    changed = as_seller.patch(
        f"{EDITIONS}{edition.pk}/", {"line": "For one.", "images": [one], "prices": [{"amount": 700, "currency": "eur"}]}, format="json"
    )

    assert (changed.status_code, changed.json()["line"], len(changed.json()["images"])) == (200, "For one.", 1)
    assert rows(product) == [("Team", 0, [700])]


def test_new_amounts_are_paid_as_often_as_before(as_seller: APIClient, product: Product) -> None:
    edition = EditionFactory(product=product, name="Pro", images=list(product.images.all()), price__amount=900, price__interval="month")
    address, usd = f"{EDITIONS}{edition.pk}/", [{"amount": 990, "currency": "usd"}]

    amounts = as_seller.patch(address, {"prices": [{"amount": 700, "currency": "eur"}, *usd]}, format="json").json()["prices"]
    yearly = as_seller.patch(address, {"prices": EUR, "interval": "year"}, format="json").json()["prices"]
    once = as_seller.patch(address, {"prices": EUR, "interval": ""}, format="json").json()["prices"]

    assert [[(row["amount"], row["kind"], row["interval"]) for row in prices] for prices in (amounts, yearly, once)] == [
        [(700, "one_off", "month"), (990, "one_off", "month")],
        [(900, "one_off", "year")],
        [(900, "one_off", "")],
    ]


@pytest.mark.parametrize("field", [{"interval": "year"}, {"kind": "one_off"}], ids=str)
def test_how_often_is_said_with_prices_alone(as_seller: APIClient, product: Product, field: dict[str, str]) -> None:
    edition = EditionFactory(product=product, name="Pro", images=list(product.images.all()), price__interval="month")

    answer = as_seller.patch(f"{EDITIONS}{edition.pk}/", {"name": "Team", **field}, format="json")

    assert (answer.status_code, list(answer.json()["errors"]), rows(product)[0][0]) == (400, ["prices"], "Pro")
    assert edition.prices.get().interval == "month"


def test_editions_are_moved_listed_and_retired(as_seller: APIClient, as_other: APIClient, product: Product) -> None:
    images = list(product.images.all())
    EditionFactory(product=product, name="Standard", images=images[:1])
    pro = EditionFactory(product=product, name="Pro", images=images, position=1)

    moved = as_seller.post(f"{EDITIONS}{pro.pk}/move/", {"to": 0}, format="json")
    assert (moved.status_code, moved.json()["position"], [name for name, *_ in rows(product)]) == (200, 0, ["Pro", "Standard"])
    beyond = as_seller.post(f"{EDITIONS}{pro.pk}/move/", {"to": 99}, format="json")
    assert (beyond.status_code, beyond.json()["position"], [name for name, *_ in rows(product)]) == (200, 1, ["Standard", "Pro"])
    ended = as_seller.delete(f"{EDITIONS}{pro.pk}/")
    again = as_seller.delete(f"{EDITIONS}{pro.pk}/")

    assert (ended.status_code, again.status_code, again.json()["code"]) == (204, 409, "edition_retired")
    listed = as_seller.get(EDITIONS, {"product": str(product.pk)}).json()["results"]
    assert [(row["name"], row["retired_at"] is None, len(row["prices"])) for row in listed] == [("Pro", False, 0), ("Standard", True, 1)]
    assert as_other.get(EDITIONS).json()["results"] == []
    assert as_other.get(f"{EDITIONS}{pro.pk}/").status_code == 404


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        pytest.param({"prices": []}, 400, "invalid_input", id="no price"),
        pytest.param({"images": []}, 400, "invalid_input", id="no image"),
        pytest.param({"prices": [{"amount": 0, "currency": "eur"}]}, 422, "invalid_price", id="free"),
        pytest.param({"prices": [*EUR, *EUR]}, 422, "invalid_price", id="one currency twice"),
        pytest.param({"name": "Standard"}, 409, "edition_name_taken", id="a name that is taken"),
    ],
)
def test_an_edition_that_does_not_make_sense_is_refused(
    as_seller: APIClient, product: Product, changes: dict[str, Any], status: int, code: str
) -> None:
    EditionFactory(product=product, name="Standard", images=list(product.images.all()))
    before = rows(product)

    answer = as_seller.post(EDITIONS, body(product, **changes), format="json")

    assert (answer.status_code, answer.json()["code"], rows(product)) == (status, code, before)


def test_an_image_of_another_product_is_in_no_edition(as_seller: APIClient, product: Product, namespace: Namespace) -> None:
    other = str(PushedImageFactory(namespace=namespace).pk)

    answer = as_seller.post(EDITIONS, body(product, images=[other]), format="json")

    assert (answer.status_code, answer.json()["code"], rows(product)) == (422, "invalid_edition", [])


def test_nobody_divides_somebody_else_s_product(as_other: APIClient, product: Product) -> None:
    edition = EditionFactory(product=product, name="Pro", images=list(product.images.all()))
    before = rows(product)

    answers = [
        as_other.post(EDITIONS, body(product, "Standard"), format="json"),
        as_other.patch(f"{EDITIONS}{edition.pk}/", {"name": "Mine"}, format="json"),
        as_other.post(f"{EDITIONS}{edition.pk}/move/", {"to": 0}, format="json"),
        as_other.delete(f"{EDITIONS}{edition.pk}/"),
    ]

    assert ([answer.status_code for answer in answers], rows(product)) == ([400, 404, 404, 404], before)


def test_an_editor_of_an_organisation_sees_editions_and_decides_nothing() -> None:
    team, editor = OrganisationFactory(), UserFactory()
    SellerFactory(account=team)
    MembershipFactory(account=team, user=editor, role=Role.EDITOR)
    product = ProductFactory(namespace=NamespaceFactory(owner=team))
    edition = EditionFactory(product=product, name="Pro", images=list(product.images.all()))
    client, before = client_of(editor), rows(product)

    answers = [
        client.get(f"{EDITIONS}{edition.pk}/"),
        client.post(EDITIONS, body(product, "Standard"), format="json"),
        client.patch(f"{EDITIONS}{edition.pk}/", {"name": "Mine"}, format="json"),
        client.post(f"{EDITIONS}{edition.pk}/move/", {"to": 0}, format="json"),
        client.delete(f"{EDITIONS}{edition.pk}/"),
    ]

    assert ([answer.status_code for answer in answers], rows(product)) == ([200, 403, 403, 403, 403], before)
