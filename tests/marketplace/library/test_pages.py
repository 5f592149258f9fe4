"""The library says what docker would be let in for, and how."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.organisations.models import Role
from accounts.people.models import Account, User
from common.ids import new_id
from marketplace.entitlements.models import Entitlement
from marketplace.entitlements.policy import Action, Subject, allowed_actions
from marketplace.images.models import Image, Namespace
from marketplace.library.selectors import library_of
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.marketplace import (
    EntitlementFactory,
    FreeProductFactory,
    GiftFactory,
    ImageFactory,
    ProductFactory,
    PushedImageFactory,
)
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


def test_what_is_held_keeps_its_name_when_the_same_is_sold_once_more(member: User, namespace: Namespace) -> None:
    image, other = PushedImageFactory.create_batch(2, namespace=namespace)
    ProductFactory(namespace=namespace, images=[image, other], title="Both", slug="a")
    ProductFactory(namespace=namespace, images=[image], title="Postgres HA", slug="z")
    ProductFactory(namespace=namespace, images=[image], title="Once more", slug="b")
    EntitlementFactory(holder=member.account, image=image)

    assert [entry.title for entry in library_of(member)] == ["Postgres HA"]


@pytest.mark.parametrize(
    ("change", "state", "sentence"),
    [
        pytest.param({"revoked_at": timezone.now(), "revocation_reason": "Refunded."}, "Ended", "Refunded.", id="refunded"),
        pytest.param(
            {"suspended_at": timezone.now()}, "Paused", "the payment is disputed, or being given back", id="disputed or given back"
        ),
        pytest.param({"ends_at": timezone.now()}, "Ended", "It was given until this moment.", id="its time is over, not marked yet"),
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


def test_what_ends_says_until_when_and_what_lasts_longest_decides(member_client: Client, member: User) -> None:
    soon = EntitlementFactory(holder=member.account, ends_at=datetime(2090, 1, 1, tzinfo=UTC))
    html = member_client.get("/library/").content.decode()
    assert "Yours until 1 January 2090" in html

    EntitlementFactory(holder=member.account, image=soon.image, source_kind="seller")

    (entry,) = member_client.get("/library/").context["entries"]
    assert (entry.ends_at, entry.state) == (None, "May pull")


def test_a_gift_that_was_paid_for_says_so_and_does_not_lead_to_its_buyers_order(member_client: Client, member: User) -> None:
    GiftFactory(source_kind="order", source_id=new_id(), claimed=True, claimed_by=member)

    response = member_client.get("/library/")

    assert_sound(response)
    (entry,) = response.context["entries"]
    assert (entry.order_id, entry.source_words) == (None, "Given to you")
    assert "/orders/0" not in response.content.decode()


def test_an_image_taken_down_says_so(member_client: Client, member: User) -> None:
    image = EntitlementFactory(holder=member.account).image
    Image.objects.filter(pk=image.pk).update(taken_down_at=timezone.now(), take_down_reason="Malware.")

    response = member_client.get("/library/")

    assert [entry.state for entry in response.context["entries"]] == ["Taken down"]
    assert "We took this image down" in response.content.decode()


@pytest.mark.parametrize(("all_rights", "state"), [(True, "May pull"), (False, "Taken down")])
def test_of_staff_those_with_all_rights_alone_may_pull_what_was_taken_down(client: Client, state: str, *, all_rights: bool) -> None:
    staff = UserFactory(is_staff=True, is_superuser=all_rights)
    image = EntitlementFactory(holder=staff.account).image
    Image.objects.filter(pk=image.pk).update(taken_down_at=timezone.now(), take_down_reason="Malware.")
    client.force_login(staff)

    assert [entry.state for entry in client.get("/library/").context["entries"]] == [state]
    assert (Action.PULL in allowed_actions(subject=Subject.of(staff), repositories=[image.repository])[image.repository]) is all_rights


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


class TestOfOrganisations:
    @pytest.fixture
    def team(self, db: None) -> Account:
        return OrganisationFactory(handle="team", name="Team Blue")

    @pytest.fixture
    def held(self, team: Account) -> Image:
        image: Image = ProductFactory().images.get()
        EntitlementFactory(holder=team, image=image)
        return image

    @pytest.mark.parametrize("role", Role)
    def test_everybody_in_it_sees_what_it_holds(
        self, member_client: Client, member: User, team: Account, held: Image, namespace: Namespace, role: Role
    ) -> None:
        MembershipFactory(account=team, user=member, role=role)
        EntitlementFactory(holder=member.account, image=PushedImageFactory(namespace=namespace, name="own"))

        response = member_client.get("/library/")

        assert_sound(response)
        html = response.content.decode()
        pulls = role != Role.BILLING
        assert [(shelf.account, [entry.state for entry in shelf.entries]) for shelf in response.context["shelves"]] == [
            (member.account, ["May pull"]),
            (team, ["May pull" if pulls else "Held"]),
        ]
        assert response.context["pullable"] == 1 + pulls
        assert (f"docker pull layerstore.test:8080/{held.repository}:1.0" in html) is pulls
        assert ("Owners, members and robots of Team Blue can pull it; your role can only buy." in html) is not pulls
        assert html.count("Create a pull credential") == 1  # for their own; the organisation has robots
        assert html.count(">Order</a>") == (1 if role == Role.MEMBER else 2)

    def test_who_has_left_sees_nothing_of_it(self, member_client: Client, member: User, team: Account, held: Image) -> None:
        membership = MembershipFactory(account=team, user=member)
        membership.delete()

        assert held.repository not in member_client.get("/library/").content.decode()

    def test_each_holder_is_asked_for_itself(self, member_client: Client, member: User, team: Account, held: Image) -> None:
        MembershipFactory(account=team, user=member)
        EntitlementFactory(holder=member.account, image=held, revoked=True)

        own, theirs = member_client.get("/library/").context["shelves"]

        assert (own.entries[0].state, theirs.entries[0].state) == ("Ended", "May pull")

    def test_what_it_gave_back_is_bought_again_by_who_buys(self, member_client: Client, member: User, team: Account) -> None:
        EntitlementFactory(holder=team, image=ProductFactory().images.get(), revoked=True)
        membership = MembershipFactory(account=team, user=member, role=Role.MEMBER)

        assert "Buy again" not in member_client.get("/library/").content.decode()
        membership.role = Role.BILLING
        membership.save()
        assert "Buy again" in member_client.get("/library/").content.decode()

    def test_a_free_product_is_got_for_it(self, member_client: Client, member: User, team: Account) -> None:
        product = FreeProductFactory(title="Quiet Edge")
        MembershipFactory(account=team, user=member)

        response = member_client.post(f"/library/get/{product.pk}/", {"buyer": "team"}, follow=True)

        assert "Quiet Edge is in the library of Team Blue." in response.content.decode()
        assert [entitlement.holder for entitlement in Entitlement.objects.all()] == [team]

    def test_a_member_gets_nothing_for_it_and_a_stranger_does_not_know_it(self, member_client: Client, member: User, team: Account) -> None:
        product = FreeProductFactory()
        assert member_client.post(f"/library/get/{product.pk}/", {"buyer": "team"}).status_code == 404
        MembershipFactory(account=team, user=member, role=Role.MEMBER)

        assert member_client.post(f"/library/get/{product.pk}/", {"buyer": "team"}).status_code == 403
        assert not Entitlement.objects.exists()

    def test_queries_grow_by_one_with_an_organisation_and_not_with_what_it_holds(
        self, member_client: Client, member: User, team: Account, held: Image
    ) -> None:
        MembershipFactory(account=team, user=member)
        with CaptureQueriesContext(connection) as few:
            member_client.get("/library/")
        for _ in range(3):
            EntitlementFactory(holder=team, image=ProductFactory().images.get())
        with CaptureQueriesContext(connection) as many:
            member_client.get("/library/")
        other = MembershipFactory(user=member).account
        EntitlementFactory(holder=other, image=ProductFactory().images.get())
        with CaptureQueriesContext(connection) as more:
            member_client.get("/library/")

        assert len(many) == len(few)
        assert len(more) == len(few) + 1
