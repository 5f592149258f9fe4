"""The editor in several tabs: nothing that somebody typed is lost, and nobody saves over what they have not seen."""

import re
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client

from accounts.organisations.models import Role
from accounts.sellers.models import SellerProfile
from marketplace.images.models import Namespace
from marketplace.products.models import Product, UnsavedText
from tests.factories.accounts import MembershipFactory, OrganisationSellerFactory
from tests.factories.marketplace import DraftProductFactory, NamespaceFactory, ProductFactory, PushedImageFactory
from tests.support.pages import assert_sound

pytestmark = pytest.mark.django_db

NEW = "/selling/products/new/"


@pytest.fixture
def draft(namespace: Namespace) -> Product:
    image = PushedImageFactory(namespace=namespace, name="db")
    return DraftProductFactory(namespace=namespace, slug="db", title="Postgres HA", summary="Fails over.", images=[image])


def fields(client: Client, path: str) -> dict[str, Any]:
    """The form as the page has it."""
    response = client.get(path)
    assert_sound(response)
    form = response.context["form"]
    values = {name: "" if form[name].value() is None else form[name].value() for name in form.fields if name not in {"tab", "revision"}}
    return values | {"tab": str(response.context["tab"].id), "revision": response.context.get("revision") or 0}


def editor(product: Product, act: str = "") -> str:
    return f"/selling/products/{product.pk}/{act}"


def test_the_second_tab_sees_both_texts_before_it_replaces_the_first(seller_client: Client, draft: Product) -> None:
    first, second = fields(seller_client, editor(draft)), fields(seller_client, editor(draft))
    assert seller_client.post(editor(draft), first | {"title": "Of the first tab"}).status_code == 302

    refused = seller_client.post(editor(draft), second | {"title": "Of the second tab", "summary": "Fails over."})

    assert_sound(refused)
    assert refused.status_code == 409
    draft.refresh_from_db()
    assert draft.title == "Of the first tab"
    assert refused.context["form"]["title"].value() == "Of the second tab"
    assert [(one.label, one.saved) for one in refused.context["differences"]] == [("Title", "Of the first tab")]
    assert "Of the first tab" in refused.content.decode()
    knowing = second | {"title": "Of the second tab", "revision": refused.context["revision"]}
    assert seller_client.post(editor(draft), knowing).status_code == 302
    draft.refresh_from_db()
    assert draft.title == "Of the second tab"


def test_a_tab_that_was_opened_before_publication_is_told_that_the_address_stays(seller_client: Client, draft: Product) -> None:
    typed = fields(seller_client, editor(draft)) | {"title": "Another"}
    seller_client.post(editor(draft, "publish"))
    said = "The product was published meanwhile: its address stays db."

    other = assert_sound(seller_client.post(editor(draft), typed | {"slug": "elsewhere"}, follow=True))
    same = assert_sound(seller_client.post(editor(draft), typed | {"revision": 1}, follow=True))

    assert (said in other.text, said in same.text, "Saved." in same.text) == (True, False, True)
    draft.refresh_from_db()
    assert (draft.slug, draft.title) == ("db", "Another")


def test_who_sells_no_more_is_told_that_nothing_was_saved() -> None:
    acme = OrganisationSellerFactory(account__handle="acme").account
    draft = DraftProductFactory(namespace=NamespaceFactory(owner=acme, name="acme"), slug="db", title="Postgres HA")
    membership = MembershipFactory(account=acme, role=Role.EDITOR)
    client = Client()
    client.force_login(membership.user)
    typed = fields(client, editor(draft)) | {"title": "Another"}
    membership.delete()

    page = client.post(editor(draft), typed, follow=True)

    assert "Nothing was saved: you do not sell for anybody now." in assert_sound(page).text
    assert "Nothing was saved" not in assert_sound(client.get(editor(draft), follow=True)).text
    draft.refresh_from_db()
    assert draft.title == "Postgres HA"


def test_another_mistake_does_not_hide_that_a_newer_text_is_there(seller_client: Client, draft: Product) -> None:
    first, second = fields(seller_client, editor(draft)), fields(seller_client, editor(draft))
    seller_client.post(editor(draft), first | {"title": "Of the first tab"})

    refused = seller_client.post(editor(draft), second | {"title": ""})

    assert refused.status_code == 400
    assert refused.context["revision"] == second["revision"]
    assert [one.label for one in refused.context["differences"]] == ["Title"]
    assert seller_client.post(editor(draft), second | {"title": "B", "revision": refused.context["revision"]}).status_code == 409


def test_choices_are_told_by_their_names(seller_client: Client, namespace: Namespace, draft: Product) -> None:
    first, second = fields(seller_client, editor(draft)), fields(seller_client, editor(draft))
    other = PushedImageFactory(namespace=namespace, name="tools")
    saved = first | {"category": "databases", "images": [*first["images"], other.pk], "description": "One\nTwo"}
    seller_client.post(editor(draft), saved)

    refused = seller_client.post(editor(draft), second | {"description": "One\r\nTwo "})

    told = {one.label: one.saved for one in refused.context["differences"]}
    assert told == {"What is sold": "acme/db, acme/tools", "Category": "Databases"}


def test_what_is_typed_is_kept_and_opened_again(seller_client: Client, draft: Product) -> None:
    typed = fields(seller_client, editor(draft)) | {"title": "", "description": "**Half** a sentence"}

    answer = seller_client.post(editor(draft, "unsaved"), typed)

    assert answer.status_code == 200
    assert answer.json()["version"] == 1
    assert answer.json()["revision"] == 0
    page = seller_client.get(editor(draft))
    assert_sound(page)
    assert [text.tab for text in page.context["tab"].others] == [UUID(typed["tab"])]
    assert page.context["form"]["title"].value() == "Postgres HA"
    opened = seller_client.get(editor(draft, f"?unsaved={typed['tab']}"))
    assert_sound(opened)
    assert (opened.context["form"]["title"].value(), opened.context["form"]["description"].value()) == ("", "**Half** a sentence")
    assert "<strong>Half</strong>" in opened.content.decode()
    assert opened.context["tab"].version == 1
    draft.refresh_from_db()
    assert draft.title == "Postgres HA"


def test_a_save_ends_the_text_of_its_own_tab_alone(seller_client: Client, draft: Product) -> None:
    first, second = fields(seller_client, editor(draft)), fields(seller_client, editor(draft))
    for tab in (first, second):
        seller_client.post(editor(draft, "unsaved"), tab)

    seller_client.post(editor(draft), first)

    assert [str(text.tab) for text in UnsavedText.objects.all()] == [second["tab"]]
    opened = seller_client.get(editor(draft, f"?unsaved={second['tab']}"))
    assert opened.context["revision"] == 0  # it began before that save, and is told when it saves
    assert seller_client.post(editor(draft), second | {"title": "Another"}).status_code == 409


def test_what_is_typed_for_a_new_product_is_kept_too(seller_client: Client, namespace: Namespace) -> None:
    image = PushedImageFactory(namespace=namespace, name="db")
    typed = fields(seller_client, NEW) | {"title": "Half a", "slug": "half", "images": [image.pk]}

    assert seller_client.post("/selling/products/unsaved", typed).json()["revision"] is None

    assert [str(text.tab) for text in seller_client.get(NEW).context["tab"].others] == [typed["tab"]]
    opened = seller_client.get(f"{NEW}?unsaved={typed['tab']}")
    assert opened.context["form"]["title"].value() == "Half a"
    assert str(UnsavedText.objects.get()) == "unsaved text of a new product"
    assert seller_client.post(NEW, typed).status_code == 302
    assert not UnsavedText.objects.exists()


def test_the_same_text_in_two_tabs_is_kept_apart(seller_client: Client, draft: Product) -> None:
    typed = fields(seller_client, editor(draft))
    seller_client.post(editor(draft, "unsaved"), typed)
    seller_client.post(editor(draft, "unsaved"), typed | {"title": "Of the first", "seen": 1})

    answer = seller_client.post(editor(draft, "unsaved"), typed | {"title": "Of the second", "seen": 1})

    assert answer.status_code == 409
    assert seller_client.post(editor(draft, "unsaved"), typed | {"title": "Of the second", "tab": answer.json()["tab"]}).status_code == 200
    assert {text.typed["title"][0] for text in UnsavedText.objects.all()} == {"Of the first", "Of the second"}


def test_what_cannot_be_kept_is_said(seller_client: Client, draft: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("marketplace.products.services.unsaved.MOST_UNSAVED", 0)
    typed = fields(seller_client, editor(draft))

    full, without_a_tab = seller_client.post(editor(draft, "unsaved"), typed), seller_client.post(editor(draft, "unsaved"), {})

    assert (full.status_code, without_a_tab.status_code) == (409, 400)
    assert "unsaved texts" in full.json()["message"]
    assert "tab" not in full.json()
    assert "Reload the page" in without_a_tab.json()["message"]
    assert not UnsavedText.objects.exists()


def test_a_text_is_discarded_and_the_same_editor_comes_back(seller_client: Client, draft: Product) -> None:
    typed = fields(seller_client, editor(draft))
    seller_client.post(editor(draft, "unsaved"), typed)

    answer = seller_client.post("/selling/products/unsaved/discard", {"tab": typed["tab"], "product": draft.pk})

    assert answer["Location"] == editor(draft)
    assert not UnsavedText.objects.exists()
    new = f"{NEW}?seller={draft.seller.account.handle}"
    assert seller_client.post("/selling/products/unsaved/discard", {"tab": uuid4()})["Location"] == new
    assert seller_client.post("/selling/products/unsaved/discard", {"tab": "no tab"})["Location"] == new
    other = DraftProductFactory(namespace=NamespaceFactory())
    assert seller_client.post("/selling/products/unsaved/discard", {"tab": uuid4(), "product": other.pk})["Location"] == new


def test_the_text_of_an_organisation_is_discarded_by_who_opened_their_own_dashboard_last() -> None:
    acme = OrganisationSellerFactory(account__handle="acme").account
    draft = DraftProductFactory(namespace=NamespaceFactory(owner=acme, name="acme"), slug="db")
    owner = MembershipFactory(account=acme, role=Role.OWNER).user
    NamespaceFactory(owner=owner.account, name="mine")
    client = Client()
    client.force_login(owner)
    client.get(f"/selling/?seller={owner.account.handle}")
    kept = UnsavedText.objects.create(seller_id=acme.pk, product=draft, tab=uuid4(), typed={"title": ["Half"]})

    page = client.get(editor(draft)).content.decode()
    form = re.search(r'<form method="post" action="(/selling/products/unsaved/discard)">(.*?)</form>', page, re.DOTALL)
    assert form
    answer = client.post(form[1], dict(re.findall(r'type="hidden" name="(seller|tab|product)" value="([^"]+)"', form[2])))

    assert answer["Location"] == editor(draft)
    assert not UnsavedText.objects.filter(pk=kept.pk).exists()
    assert client.post(form[1], {"seller": "acme", "tab": kept.tab})["Location"] == f"{NEW}?seller=acme"


def test_a_strange_tab_is_a_new_one(seller_client: Client, draft: Product) -> None:
    page = seller_client.get(editor(draft, "?unsaved=nonsense"))
    unknown = seller_client.get(editor(draft, f"?unsaved={uuid4()}"))
    posted = seller_client.post(editor(draft), {"title": "", "tab": str(uuid4()), "revision": "x"})

    assert (page.status_code, unknown.status_code, posted.status_code) == (200, 200, 400)
    assert page.context["revision"] == unknown.context["revision"] == 0
    assert posted.context["revision"] is None


def test_a_bundle_keeps_its_order_and_new_images_come_last(seller_client: Client, namespace: Namespace) -> None:
    first, second, third = (PushedImageFactory(namespace=namespace, name=name) for name in ("a", "b", "c"))
    product = DraftProductFactory(namespace=namespace, slug="bundle", images=[third, first])
    typed = fields(seller_client, editor(product))

    seller_client.post(editor(product), typed | {"images": [first.pk, second.pk, third.pk]})

    assert list(product.images.order_by("product_images__position")) == [third, first, second]


def test_the_check_list_names_every_reason_why_it_cannot_be_published(seller_client: Client, namespace: Namespace) -> None:
    """Whatever `publish_product` refuses is in the list, a suspension too; and what has no line there can be published."""
    draft = DraftProductFactory(namespace=namespace)
    assert seller_client.get(editor(draft)).context["missing"] == 0
    SellerProfile.objects.update(suspended_at=draft.created_at, suspension_reason="Fraud.")

    page = seller_client.get(editor(draft))
    assert_sound(page)
    assert page.context["missing"] == 2  # and nobody who is suspended can be paid
    assert "Your account is suspended: Fraud." in page.content.decode()
    assert "suspended" in seller_client.post(editor(draft, "publish"), follow=True).content.decode()
    draft.refresh_from_db()
    assert draft.state == "draft"


def pictures(product: Product) -> list[str]:
    return list(product.pictures.values_list("alt", flat=True))


@pytest.fixture
def pictured(namespace: Namespace) -> Product:
    product = ProductFactory(namespace=namespace, slug="pictured")
    for position, alt in enumerate("abc"):
        product.pictures.create(file=f"products/{alt * 32}.webp", width=1, height=1, alt=alt, position=position)
    return product


@pytest.mark.parametrize(
    ("alt", "to", "order"), [("a", "1", "bac"), ("c", "0", "cab"), ("a", "7", "bca"), ("b", "1", "abc"), ("b", "x", "bac")]
)
def test_a_picture_is_moved_by_its_buttons(seller_client: Client, pictured: Product, alt: str, to: str, order: str) -> None:
    picture = pictured.pictures.get(alt=alt)

    response = seller_client.post(editor(pictured, f"pictures/{picture.pk}/move"), {"to": to}, follow=True)

    assert_sound(response)
    assert pictures(pictured) == list(order)
    assert f"{alt} is number {order.index(alt) + 1} now." in response.content.decode()


def test_a_script_that_moves_a_picture_leaves_no_message(seller_client: Client, pictured: Product) -> None:
    picture = pictured.pictures.get(alt="c")

    response = seller_client.post(editor(pictured, f"pictures/{picture.pk}/move"), {"to": "0", "quiet": "1"}, follow=True)

    assert pictures(pictured) == ["c", "a", "b"]
    assert "c is number" not in response.content.decode()
