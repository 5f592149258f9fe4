"""The library says what docker would be let in for, and how."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from marketplace.models import Entitlement, Image, Namespace
from tests.factories.marketplace import EntitlementFactory, FreeProductFactory, ImageFactory, ProductFactory, PushedImageFactory
from tests.support.pages import assert_sound

pytestmark = pytest.mark.django_db


def test_a_stranger_is_asked_to_sign_in(client: Client) -> None:
    assert client.get("/library/")["Location"] == "/account/login/?next=/library/"


def test_an_empty_library_offers_a_first_pull(member_client: Client, namespace: Namespace) -> None:
    image = PushedImageFactory(namespace=namespace, name="logs")
    FreeProductFactory(namespace=namespace, images=[image])

    response = member_client.get("/library/")

    assert_sound(response)
    assert "docker pull layerstore.test:8080/acme/logs:1.0" in response.content.decode()


def test_what_is_held_has_its_command_state_and_digest(member_client: Client, member: User, namespace: Namespace) -> None:
    image = PushedImageFactory(namespace=namespace, name="db")
    product = ProductFactory(namespace=namespace, images=[image], title="Postgres HA")
    EntitlementFactory(holder=member.account, image=image)

    response = member_client.get("/library/")

    assert_sound(response)
    html = response.content.decode()
    (entry,) = response.context["entries"]
    assert (entry.title, entry.state, entry.product) == ("Postgres HA", "May pull", product)
    assert "docker pull layerstore.test:8080/acme/db:1.0" in html
    assert image.tags.get().manifest.short_digest in html
    assert f'href="/orders/{entry.entitlement.source_id}/"' in html


@pytest.mark.parametrize(
    ("change", "state", "sentence"),
    [
        pytest.param({"revoked_at": timezone.now(), "revocation_reason": "Refunded."}, "Ended", "Refunded.", id="refunded"),
        pytest.param({"suspended_at": timezone.now()}, "Resting", "The payment is disputed", id="disputed"),
    ],
)
def test_what_is_no_longer_let_in_says_why(
    member_client: Client, member: User, change: dict[str, object], state: str, sentence: str
) -> None:
    EntitlementFactory(holder=member.account, **change)

    response = member_client.get("/library/")

    assert_sound(response)
    assert [entry.state for entry in response.context["entries"]] == [state]
    assert sentence in response.content.decode()
    assert "docker pull layerstore" not in response.content.decode()


def test_an_image_taken_down_says_so(member_client: Client, member: User) -> None:
    image = EntitlementFactory(holder=member.account).image
    Image.objects.filter(pk=image.pk).update(taken_down_at=timezone.now(), take_down_reason="Malware.")

    response = member_client.get("/library/")

    assert [entry.state for entry in response.context["entries"]] == ["Taken down"]
    assert "We took this image down" in response.content.decode()


def test_a_second_source_keeps_an_image_that_the_first_one_lost(member_client: Client, member: User) -> None:
    lost = EntitlementFactory(holder=member.account, revoked=True)
    kept = EntitlementFactory(holder=member.account, image=lost.image)

    (entry,) = member_client.get("/library/").context["entries"]

    assert entry.entitlement == kept
    assert entry.may_pull


def test_an_image_that_was_sold_and_never_pushed_says_so(member_client: Client, member: User) -> None:
    EntitlementFactory(holder=member.account, image=ImageFactory())

    response = member_client.get("/library/")

    assert_sound(response)
    assert "No tag right now" in response.content.decode()


def test_getting_a_free_product_puts_it_into_the_library(member_client: Client, member: User) -> None:
    product = FreeProductFactory()

    response = member_client.post(f"/library/get/{product.pk}/", follow=True)

    assert response.redirect_chain == [("/library/", 302)]
    assert "is in your library" in response.content.decode()
    assert Entitlement.objects.in_force().filter(holder=member.account).count() == 1


def test_a_product_with_a_price_cannot_be_got(member_client: Client) -> None:
    product = ProductFactory()

    response = member_client.post(f"/library/get/{product.pk}/", follow=True)

    assert "has a price now" in response.content.decode()
    assert Entitlement.objects.count() == 0


def test_a_draft_cannot_be_got(member_client: Client) -> None:
    product = FreeProductFactory(state="draft", published_at=None)

    assert member_client.post(f"/library/get/{product.pk}/").status_code == 404
    assert Entitlement.objects.count() == 0


def test_queries_do_not_grow_with_the_library(member_client: Client, member: User) -> None:
    EntitlementFactory(holder=member.account, image=ProductFactory().images.get())
    with CaptureQueriesContext(connection) as few:
        member_client.get("/library/")
    for _ in range(5):
        EntitlementFactory(holder=member.account, image=ProductFactory().images.get())

    with CaptureQueriesContext(connection) as many:
        member_client.get("/library/")

    assert len(many) == len(few)
