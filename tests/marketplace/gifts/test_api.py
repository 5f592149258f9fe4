"""Gifts for programs."""

from typing import Any

import pytest
from django.test import Client

from accounts.people.models import User
from marketplace.gifts.models import Gift, GiftState
from marketplace.products.models import Product
from tests.factories.accounts import AccessTokenFactory
from tests.factories.marketplace import EditionFactory, GiftFactory, ProductFactory

WHY = "They test it."


def program(user: User) -> Client:
    return Client(headers={"authorization": f"Bearer {AccessTokenFactory(user=user).secret}"})


def post(client: Client, path: str, **body: Any) -> Any:
    return client.post(path, body, content_type="application/json")


def test_a_program_gives_lists_and_takes_back(product: Product, seller: User, friend: User) -> None:
    client = program(seller)

    linked = post(client, "/api/v1/gifts/", product=str(product.pk), reason=WHY, ends_on="2090-12-31")
    mailed = post(client, "/api/v1/gifts/", product=str(product.pk), reason=WHY, email="Olu@example.test", message="Try it.")
    put = post(client, "/api/v1/gifts/", product=str(product.pk), reason=WHY, account=friend.username)

    assert [answer.status_code for answer in (linked, mailed, put)] == [201] * 3
    assert "/library/gift?key=lsg_" in linked.json()["link"]
    assert (linked.json()["access_ends_at"], linked.json()["state"]) == ("2090-12-31T23:59:59Z", "Open")
    assert (mailed.json()["link"], mailed.json()["email"]) == ("", "olu@example.test")
    assert (put.json()["account"], put.json()["state"]) == ("kim", "Claimed")
    listed = client.get("/api/v1/gifts/").json()["results"]
    assert {gift["id"] for gift in listed} == {str(pk) for pk in Gift.objects.values_list("pk", flat=True)}
    assert {gift["link"] for gift in listed} == {""}
    revoked = post(client, f"/api/v1/gifts/{put.json()['id']}/revoke/", reason="Enough.")
    assert (revoked.status_code, revoked.json()["state"]) == (200, "Revoked")


@pytest.mark.parametrize("fields", [{"email": "a@b.test", "account": "kim"}, {"account": "nobody"}, {"reason": ""}], ids=str)
def test_what_does_not_fit_is_refused(product: Product, seller: User, friend: User, fields: dict[str, str]) -> None:
    answer = post(program(seller), "/api/v1/gifts/", **{"product": str(product.pk), "reason": WHY, **fields})

    assert (answer.status_code, Gift.objects.count(), friend.username) == (400, 0, "kim")


def test_other_sellers_gifts_and_products_are_none_of_a_programs_business(seller: User) -> None:
    foreign = GiftFactory(product=ProductFactory())
    client = program(seller)

    assert client.get("/api/v1/gifts/").json()["results"] == []
    assert post(client, f"/api/v1/gifts/{foreign.pk}/revoke/", reason="x").status_code == 404
    assert post(client, "/api/v1/gifts/", product=str(foreign.product_id), reason=WHY).status_code == 403
    assert Gift.objects.get().state is GiftState.OPEN


def test_a_program_gives_an_edition(product: Product, seller: User) -> None:
    edition = EditionFactory(product=product, name="Pro")

    answer = post(program(seller), "/api/v1/gifts/", product=str(product.pk), edition=str(edition.pk), reason=WHY)

    assert (answer.status_code, answer.json()["title"]) == (201, f"{product.title}, Pro")


def test_an_edition_of_another_product_with_the_same_image_is_refused(product: Product, seller: User) -> None:
    other = ProductFactory(namespace=product.namespace, images=list(product.images.all()))
    edition = EditionFactory(product=other, name="Pro")

    answer = post(program(seller), "/api/v1/gifts/", product=str(product.pk), edition=str(edition.pk), reason=WHY)

    assert (answer.status_code, answer.json()["code"], list(answer.json()["errors"])) == (422, "invalid_edition", ["edition"])
    assert not Gift.objects.exists()
