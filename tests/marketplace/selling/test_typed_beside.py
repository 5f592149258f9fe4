"""What is typed anywhere in the editor comes along with each of its buttons, as its script sends it: none of them loses any."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image as Pillow

from common.money import Money
from marketplace.images.models import Namespace
from marketplace.products.models import Product, UnsavedText
from marketplace.products.services.prices import set_price
from tests.factories.marketplace import DraftProductFactory, EditionFactory, ProductFactory, PushedImageFactory
from tests.support.pages import assert_sound

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(namespace: Namespace) -> Product:
    image = PushedImageFactory(namespace=namespace, name="db")
    return DraftProductFactory(namespace=namespace, slug="db", title="Postgres HA", description="Old.", images=[image])


def editor(product: Product, act: str = "") -> str:
    return f"/selling/products/{product.pk}/{act}"


def whole(client: Client, path: str) -> dict[str, Any]:
    """All that the page's script sends with each button."""
    context = client.get(path).context
    form = context["form"]
    values = {name: "" if form[name].value() is None else form[name].value() for name in form.fields}
    price = {
        "price_began": context["price_began"],
        "kind": "one_off",
        "interval": "",
        "trial_days": "0",
        "currency": "eur",
        "suggested": "",
    }
    shared, row = context["price_form"].shared, context["price_form"].rows[0]
    price |= {name: shared[name].value() or "" for name in ("kind", "interval")} | {"trial_days": shared["trial_days"].value()}
    price |= {name: row[name].value() or "" for name in row.fields}
    tab = context["tab"]
    return values | price | {"alt": "", "tab": str(tab.id), "revision": context["revision"], "seen": tab.version}


def png() -> SimpleUploadedFile:
    picture = BytesIO()
    Pillow.new("RGB", (8, 8), "teal").save(picture, "PNG")
    return SimpleUploadedFile("a.png", picture.getvalue(), "image/png")


def amounts(product: Product) -> list[int]:
    return [price.amount for price in product.prices.filter(retired_at__isnull=True)]


def shown(answer: Any) -> Mapping[str, Any]:
    assert_sound(answer)
    context: Mapping[str, Any] = answer.context
    return context


def test_another_button_keeps_the_typed_page_and_opens_it_again(seller_client: Client, draft: Product) -> None:
    typed = whole(seller_client, editor(draft)) | {"description": "Typed.", "amount": "12"}

    answer = seller_client.post(editor(draft, "price"), typed, follow=True)

    context = shown(answer)
    assert amounts(draft) == [1200]
    assert context["form"]["description"].value() == "Typed."
    assert context["tab"].others == []
    assert "it is not saved yet" in answer.content.decode()
    draft.refresh_from_db()
    assert draft.description == "Old."
    assert "amount" not in UnsavedText.objects.get().typed
    again = whole(seller_client, answer.redirect_chain[0][0]) | {"amount": "13"}
    assert shown(seller_client.post(editor(draft, "price"), again, follow=True))["tab"].others == []
    assert UnsavedText.objects.count() == 1


@pytest.mark.parametrize("act", ["price", "withdraw", "trial", "reach", "pictures", "pictures/{picture}/move", "pictures/{picture}/delete"])
def test_no_button_loses_what_is_typed(seller_client: Client, namespace: Namespace, act: str) -> None:
    image = PushedImageFactory(namespace=namespace, name="db")
    product = ProductFactory(namespace=namespace, slug="db", images=[image])
    picture = product.pictures.create(file="products/a.webp", width=1, height=1, alt="a", position=0)
    typed = whole(seller_client, editor(product)) | {"title": "", "image": image.pk}
    typed |= {"alt": "A square", "file": png()} if act == "pictures" else {}

    answer = seller_client.post(editor(product, act.format(picture=picture.pk)), typed)

    assert f"?unsaved={typed['tab']}" in answer["Location"]
    assert UnsavedText.objects.get().typed["title"] == [""]
    assert "alt" not in UnsavedText.objects.get().typed


def test_what_is_saved_already_is_not_kept(seller_client: Client, draft: Product) -> None:
    typed = whole(seller_client, editor(draft))
    seller_client.post(editor(draft, "unsaved"), typed | {"title": "Tried and taken back"})

    answer = seller_client.post(editor(draft, "price"), typed | {"amount": "12"})

    assert answer["Location"] == editor(draft)
    assert not UnsavedText.objects.exists()


def test_a_typed_price_and_a_picture_s_words_outlive_another_button(seller_client: Client, draft: Product) -> None:
    picture = draft.pictures.create(file="products/a.webp", width=1, height=1, alt="a", position=0)
    typed = whole(seller_client, editor(draft)) | {"amount": "77", "alt": "A teal square"}

    answer = seller_client.post(editor(draft, f"pictures/{picture.pk}/move"), typed, follow=True)

    context = shown(answer)
    assert context["price_form"].rows[0]["amount"].value() == "77"
    assert context["picture_form"]["alt"].value() == "A teal square"
    assert len(context["price_form"].rows) == 1
    opened = whole(seller_client, answer.redirect_chain[0][0])
    seller_client.post(editor(draft), opened)
    assert amounts(draft) == [7700]


def test_a_text_that_is_open_twice_is_kept_apart(seller_client: Client, draft: Product) -> None:
    typed = whole(seller_client, editor(draft)) | {"title": "Of the first"}
    seller_client.post(editor(draft, "unsaved"), typed)

    answer = seller_client.post(editor(draft, "price"), typed | {"title": "Of the second", "amount": "12"}, follow=True)

    assert shown(answer)["form"]["title"].value() == "Of the second"
    assert {text.typed["title"][0] for text in UnsavedText.objects.all()} == {"Of the first", "Of the second"}


@pytest.mark.parametrize("act", ["price", "withdraw", "trial", "reach", "pictures", "pictures/{picture}/move", "pictures/{picture}/delete"])
def test_a_button_does_nothing_if_the_text_cannot_be_kept(
    seller_client: Client, namespace: Namespace, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    monkeypatch.setattr("marketplace.products.services.unsaved.MOST_UNSAVED", 0)
    product = ProductFactory(namespace=namespace, slug="db", images=[PushedImageFactory(namespace=namespace, name="db")])
    picture = product.pictures.create(file="products/a.webp", width=1, height=1, alt="a", position=0)
    typed = whole(seller_client, editor(product)) | {"title": "Typed", "amount": "12", "trial_days": "3"}
    before = amounts(product)

    answer = seller_client.post(editor(product, act.format(picture=picture.pk)), typed)

    assert answer.status_code == 409
    assert shown(answer)["form"]["title"].value() == "Typed"
    product.refresh_from_db()
    assert (amounts(product), product.state, product.trial_days, product.pictures.count()) == (before, "published", 0, 1)


def test_publish_publishes_what_the_seller_sees(seller_client: Client, draft: Product) -> None:
    typed = whole(seller_client, editor(draft)) | {"title": "Late", "description": "Typed.", "amount": "12"}

    answer = seller_client.post(editor(draft, "publish"), typed, follow=True)

    assert "Late is published. This is what buyers see." in answer.content.decode()
    draft.refresh_from_db()
    assert (draft.state, draft.title, draft.description, amounts(draft)) == ("published", "Late", "Typed.", [1200])


def test_nothing_is_published_while_what_is_typed_is_refused(seller_client: Client, draft: Product) -> None:
    answer = seller_client.post(editor(draft, "publish"), whole(seller_client, editor(draft)) | {"title": "", "description": "Typed."})

    assert answer.status_code == 400
    assert shown(answer)["form"]["description"].value() == "Typed."
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_save_saves_a_price_and_a_picture_too(seller_client: Client, draft: Product) -> None:
    typed = whole(seller_client, editor(draft)) | {"amount": "12", "alt": "A teal square", "file": png(), "title": "Typed"}

    assert_sound(seller_client.post(editor(draft), typed, follow=True))

    draft.refresh_from_db()
    assert (draft.title, amounts(draft), draft.pictures.get().alt) == ("Typed", [1200], "A teal square")


@pytest.mark.parametrize(
    ("change", "status"),
    [
        pytest.param({"amount": "lots"}, 400, id="no amount"),
        pytest.param({"amount": "0.30"}, 422, id="an amount that cannot be charged"),
        pytest.param({"alt": "A teal square"}, 400, id="words without a picture"),
        pytest.param({"alt": "A", "file": SimpleUploadedFile("a.svg", b"<svg/>", "image/svg+xml")}, 422, id="no picture"),
    ],
)
def test_what_is_wrong_beside_the_page_is_told_above_it(seller_client: Client, draft: Product, change: dict[str, Any], status: int) -> None:
    answer = seller_client.post(editor(draft), whole(seller_client, editor(draft)) | {"description": "Typed."} | change)

    assert answer.status_code == status
    assert shown(answer)["form"]["description"].value() == "Typed."
    assert "What is wrong is marked below." in answer.content.decode()
    draft.refresh_from_db()
    assert draft.description == "Old."


def test_a_save_does_not_undo_a_price_of_another_tab(seller_client: Client, draft: Product) -> None:
    typed = whole(seller_client, editor(draft))
    assert draft.seller.account.user
    set_price(product=draft, money=Money(5500, "eur"), actor=draft.seller.account.user)

    seller_client.post(editor(draft), typed | {"title": "Typed"})

    draft.refresh_from_db()
    assert (draft.title, amounts(draft)) == ("Typed", [5500])


def test_no_button_of_editions_loses_what_is_typed(seller_client: Client, draft: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = EditionFactory(product=draft, name="First"), EditionFactory(product=draft, name="Second")
    typed = whole(seller_client, editor(draft)) | {"title": "Typed", "to": "0"}

    answer = seller_client.post(editor(draft, f"editions/{second.pk}/move"), typed)

    assert answer["Location"] == editor(draft, f"?unsaved={typed['tab']}#price")
    monkeypatch.setattr("marketplace.products.services.unsaved.MOST_UNSAVED", 0)
    refused = seller_client.post(editor(draft, f"editions/{first.pk}/move"), typed | {"tab": uuid4()})
    assert refused.status_code == 409
    assert list(draft.editions.order_by("position")) == [second, first]


def test_a_save_sets_the_trial_of_what_has_editions(seller_client: Client, draft: Product) -> None:
    EditionFactory(product=draft)
    page = whole(seller_client, editor(draft))
    typed = {name: value for name, value in page.items() if name not in {"amount", "currency", "kind", "interval", "suggested"}}

    for days in ("", "3", "3"):
        assert seller_client.post(editor(draft), typed | {"trial_days": days, "revision": ""}).status_code == 302

    draft.refresh_from_db()
    assert draft.trial_days == 3


def test_a_part_that_is_sent_alone_keeps_nothing(seller_client: Client, draft: Product) -> None:
    answer = seller_client.post(editor(draft, "price"), {"amount": "12", "currency": "eur", "tab": "no tab"})

    assert answer["Location"] == editor(draft)
    assert seller_client.post(editor(draft, "price"), {"amount": "12", "currency": "eur"})["Location"] == editor(draft)
    assert not UnsavedText.objects.exists()
    assert seller_client.get(editor(draft, f"?unsaved={uuid4()}")).status_code == 200
