"""The pages of whoever gives and of whoever gets."""

import csv
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.organisations.models import Role
from accounts.people import names
from accounts.people.models import User
from accounts.privacy.services.deletion import delete_account
from accounts.tokens import secrets
from common.web.links import absolute_path
from marketplace.gifts.models import Gift, GiftState
from marketplace.products.models import Product
from outbox.mail.models import OutgoingMail
from tests.factories.accounts import MembershipFactory, OrganisationSellerFactory, UserFactory
from tests.factories.marketplace import EditionFactory, EntitlementFactory, GiftFactory, ProductFactory
from tests.support.pages import assert_sound

WHY = "They test it."


@pytest.fixture
def selling(seller: User) -> Client:
    client = Client()
    client.force_login(seller)
    return client


@pytest.fixture
def getting(friend: User) -> Client:
    client = Client()
    client.force_login(friend)
    return client


def opened(client: Client, secret: str) -> str:
    """Open the link of a gift; return its page."""
    return str(client.get(f"/library/gift?key={secret}")["Location"])


def test_the_link_takes_its_secret_out_of_the_address_and_claims_nothing(product: Product, getting: Client) -> None:
    secret = secrets.new_gift_secret()
    gift = GiftFactory(product=product, secret=secret, message="Try <it>.")

    answer = getting.get(f"/library/gift?key={secret}")

    assert (answer.status_code, answer["Location"], answer["Referrer-Policy"]) == (302, f"/library/gifts/{gift.pk}/", "no-referrer")
    page = getting.get(answer["Location"])
    assert_sound(page)
    assert "Try &lt;it&gt;." in page.content.decode()
    assert secret not in page.content.decode()
    assert Gift.objects.get().state is GiftState.OPEN


def test_whoever_has_not_opened_the_link_sees_nothing(product: Product, getting: Client) -> None:
    gift = GiftFactory(product=product)

    for answer in (getting.get(f"/library/gifts/{gift.pk}/"), getting.post(f"/library/gifts/{gift.pk}/")):
        assert answer.status_code == 404
    for key in ("", "lsg_", secrets.new_gift_secret()):
        unknown = getting.get(f"/library/gift?key={key}")
        assert unknown.status_code == 404
        assert_sound(unknown)
    assert Gift.objects.get().claimed_at is None


def test_a_visitor_signs_in_first_and_comes_back(product: Product) -> None:
    secret = secrets.new_gift_secret()
    gift = GiftFactory(product=product, secret=secret)
    client = Client()
    page = opened(client, secret)

    shown = client.get(page)

    assert_sound(shown)
    assert f"?next=/library/gifts/{gift.pk}/" in shown.content.decode()
    assert client.post(page).status_code == 400
    assert Gift.objects.get().claimed_at is None


def test_it_is_claimed_by_a_post_once(product: Product, getting: Client, friend: User) -> None:
    secret = secrets.new_gift_secret()
    GiftFactory(product=product, secret=secret)
    page = opened(getting, secret)

    answer = getting.post(page)

    assert (answer.status_code, answer["Location"]) == (302, "/library/")
    assert Gift.objects.get().holder == friend.account
    library = getting.get("/library/").content.decode()
    assert "Given by the seller" in library
    again = getting.get(page)
    assert (again.status_code, "already claimed" in again.content.decode()) == (410, True)
    assert getting.post(page).status_code == 409


def test_what_the_reader_has_is_said_before_claiming(product: Product, getting: Client, friend: User) -> None:
    secret = secrets.new_gift_secret()
    GiftFactory(product=product, secret=secret)
    EntitlementFactory(holder=friend.account, image=product.images.get())
    page = opened(getting, secret)

    shown = getting.get(page)
    assert_sound(shown)
    assert "You already have this" in shown.content.decode()
    team = MembershipFactory(user=friend, role=Role.OWNER).account
    both = getting.get(page)
    assert_sound(both)
    assert both.context["first"] == team
    assert getting.post(page, {"buyer": friend.username}).status_code == 409
    assert Gift.objects.get().claimed_at is None
    EntitlementFactory(holder=team, image=product.images.get())
    assert "You and your organisations already have this" in getting.get(page).content.decode()


def test_a_giver_who_has_deleted_the_account_is_named_in_the_readers_language(
    product: Product, getting: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    giver, secret = UserFactory(), secrets.new_gift_secret()
    GiftFactory(product=product, secret=secret, source_kind=Gift.Source.ORDER, giver=giver.account)
    delete_account(user=giver, reason="Asked by mail.", actor=None)
    monkeypatch.setattr(names, "gettext", {"Deleted account": "Gelöschtes Konto"}.__getitem__)

    assert '<b class="long">Gelöschtes Konto</b> has paid for it.' in getting.get(opened(getting, secret)).content.decode()


def test_its_seller_is_told_to_pass_it_on(product: Product, selling: Client) -> None:
    secret = secrets.new_gift_secret()
    GiftFactory(product=product, secret=secret, access_ends_at=timezone.now() + timedelta(days=3))

    shown = selling.get(opened(selling, secret))

    assert_sound(shown)
    assert "This is a product of yours" in shown.content.decode()


def test_a_seller_gives_by_mail_by_link_and_into_a_library(product: Product, selling: Client, friend: User) -> None:
    assert_sound(selling.get("/selling/gifts/?product=acme/db"))
    common = {"product": "acme/db", "reason": WHY}

    mailed = selling.post("/selling/gifts/", {**common, "email": "Olu@Example.test", "ends_on": "2090-01-01"})
    linked = selling.post("/selling/gifts/", {**common, "product": absolute_path("/acme/db")})
    put = selling.post("/selling/gifts/", {**common, "account": friend.username})

    assert [answer.status_code for answer in (mailed, linked, put)] == [302, 200, 302]
    assert_sound(linked)
    assert "/library/gift?key=lsg_" in linked.content.decode()
    assert {(gift.email, gift.holder) for gift in Gift.objects.all()} == {
        ("olu@example.test", None),
        ("", None),
        ("", friend.account),
    }
    assert_sound(selling.get("/selling/gifts/"))
    assert OutgoingMail.objects.count() == 2


def test_what_somebody_has_is_not_given_and_that_is_all_that_is_said(product: Product, selling: Client, friend: User) -> None:
    EntitlementFactory(holder=friend.account, image=product.images.get())

    answer = selling.post("/selling/gifts/", {"product": "acme/db", "reason": WHY, "account": friend.username})

    assert answer.status_code == 409
    assert answer.context["form"].errors == {"account": [f"{friend.account.name} already has this. Nothing was given."]}
    assert Gift.objects.count() == 0


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"reason": ""}, "This field is required"),
        ({"email": "a@b.test", "account": "kim"}, "not both"),
        ({"account": "nobody-here"}, "Nobody has this name"),
        ({"account": "no name!"}, "Nobody has this name"),
        ({"product": "acme/\x7f"}, "You have no product"),
        ({"email": "kım@example.test"}, "plain form"),
        ({"ends_on": "2001-01-01"}, "Choose a day that is still to come"),
        ({"ends_on": "10000-01-01"}, "Enter a valid date"),
    ],
    ids=str,
)
def test_what_is_filled_in_wrongly_is_said_and_nothing_is_given(
    product: Product, selling: Client, friend: User, fields: dict[str, str], words: str
) -> None:
    answer = selling.post("/selling/gifts/", {"product": product.namespace.name + "/db", "reason": WHY, **fields})

    assert answer.status_code in {400, 422}
    assert_sound(answer)
    assert words in answer.content.decode()
    assert not Gift.objects.exists()


def test_a_file_is_given_or_its_faults_are_listed(product: Product, selling: Client) -> None:
    def upload(text: str) -> Any:
        return selling.post("/selling/gifts/upload", {"file": SimpleUploadedFile("gifts.csv", text.encode()), "reason": WHY})

    wrong, good = upload("email,product\nkim,acme/db\n"), upload("email,product\nkim@example.test,acme/db\n")

    assert [answer.status_code for answer in (wrong, good)] == [422, 302]
    assert_sound(wrong)
    assert "Line 2: “kim” is no e-mail address." in wrong.content.decode()
    assert Gift.objects.get().email == "kim@example.test"
    assert selling.post("/selling/gifts/upload", {"reason": WHY}).status_code == 400


def test_a_gift_is_sent_again_and_taken_back(product: Product, selling: Client) -> None:
    gift = GiftFactory(product=product, message="Try it.", access_ends_at=timezone.now() + timedelta(days=3))
    page, all_gifts = f"/selling/gifts/{gift.pk}/", f"/selling/gifts/?seller={gift.giver.handle}"

    assert_sound(selling.get(page))
    assert selling.post(page, {"do": "send", "email": "olu@example.test"})["Location"] == all_gifts
    assert_sound(selling.post(page, {"do": "send"}))
    assert selling.post(page, {"do": "revoke"}).status_code == 400
    assert selling.post(page, {}).status_code == 400
    assert selling.post(page, {"do": "revoke", "reason": "Enough."})["Location"] == all_gifts
    assert Gift.objects.get().state is GiftState.REVOKED
    assert_sound(selling.get(page))
    assert selling.post(page, {"do": "revoke", "reason": "Enough."}).status_code == 409
    refused = selling.post(page, {"do": "send"})
    assert (refused.status_code, "taken back" in refused.content.decode()) == (409, True)
    assert_sound(selling.get("/selling/gifts/"))


def test_who_sells_for_two_sellers_gives_and_takes_back_for_the_one_of_the_gift(seller: User, selling: Client) -> None:
    team = OrganisationSellerFactory().account
    MembershipFactory(account=team, user=seller, role=Role.OWNER)
    gift = GiftFactory(product=ProductFactory(namespace__owner=team), given_by=seller)
    page, all_gifts = f"/selling/gifts/{gift.pk}/", f"/selling/gifts/?seller={team.handle}"

    listed, shown = selling.get(all_gifts), selling.get(page)

    assert listed.content.decode().count(f'name="seller" value="{team.handle}"') == 2
    assert f"gifts.csv?page=1&amp;seller={team.handle}" in listed.content.decode()
    assert f'href="{all_gifts}"' in shown.content.decode()
    assert f'href="{all_gifts}"' in selling.post(page, {"do": "send"}).content.decode()
    assert selling.post(page, {"do": "revoke", "reason": "Enough."})["Location"] == all_gifts
    assert Gift.objects.get().state is GiftState.REVOKED


def test_the_file_has_a_line_for_each_and_no_formula(product: Product, selling: Client) -> None:
    GiftFactory(product=product, claimed=True, email="+cmd@example.test", reason="=1+1")

    lines = list(csv.DictReader(StringIO(selling.get("/selling/gifts.csv").content.decode())))

    assert [(line["product"], line["state"], line["email"], line["reason"]) for line in lines] == [
        ("acme/db", "Claimed", "'+cmd@example.test", "'=1+1")
    ]


@pytest.mark.parametrize("role", [Role.EDITOR, Role.BILLING])
def test_only_who_decides_sees_whom_a_seller_gave_to(product: Product, role: Role) -> None:
    user = MembershipFactory(account=product.seller.account, role=role).user
    gift = GiftFactory(product=product)
    client = Client()
    client.force_login(user)

    for page in ("/selling/gifts/", "/selling/gifts.csv", f"/selling/gifts/{gift.pk}/"):
        assert client.get(page).status_code == 403
    assert client.post(f"/selling/gifts/{gift.pk}/", {"do": "revoke", "reason": "x"}).status_code == 403
    assert Gift.objects.get().state is GiftState.OPEN


def test_the_form_names_an_edition_of_the_product(product: Product, selling: Client) -> None:
    EditionFactory(product=product, name="Pro")
    typed = {"product": "acme/db", "edition": "Ultra", "reason": WHY}
    refused = selling.post("/selling/gifts/", typed)
    unknown = selling.post("/selling/gifts/", typed | {"product": "acme/none"})
    assert (refused.status_code, "It has no edition “Ultra”." in refused.content.decode()) == (400, True)
    assert (unknown.status_code, "It has no edition" in unknown.content.decode()) == (400, False)
    assert not Gift.objects.exists()

    selling.post("/selling/gifts/", typed | {"edition": "pro"})

    assert Gift.objects.get().called == f"{product.title}, Pro"
