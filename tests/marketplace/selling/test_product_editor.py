"""Drafting, pricing, picturing and publishing a product in the browser."""

from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image as Pillow

from accounts.sellers.models import SellerProfile
from marketplace.images.models import Namespace
from marketplace.products.models import Category, Price, Product
from tests.factories.marketplace import DraftProductFactory, ImageFactory, NamespaceFactory, ProductFactory, PushedImageFactory
from tests.support.pages import assert_sound

pytestmark = pytest.mark.django_db

PAGE = {
    "title": "Postgres HA",
    "slug": "db",
    "summary": "Fails over.",
    "category": "databases",
    "description": "**Two** containers.",
    "licence_name": "Commercial",
    "licence_text": "One company.",
}


@pytest.fixture
def draft(namespace: Namespace) -> Product:
    image = PushedImageFactory(namespace=namespace, name="db")
    return DraftProductFactory(namespace=namespace, slug="db", title="Postgres HA", images=[image], price=False)


def editor(product: Product, act: str = "") -> str:
    return f"/selling/products/{product.pk}/{act}"


def png() -> bytes:
    picture = BytesIO()
    Pillow.new("RGB", (8, 8), "teal").save(picture, "PNG")
    return picture.getvalue()


def test_a_new_product_starts_with_the_image_the_seller_comes_from(seller_client: Client, namespace: Namespace) -> None:
    image = ImageFactory(namespace=namespace, name="vector-search")
    ImageFactory(namespace=namespace)

    response = seller_client.get(f"/selling/products/new/?image={image.pk}")

    assert_sound(response)
    assert response.context["form"].initial == {"images": [image.pk], "slug": "vector-search", "title": "Vector search"}
    assert seller_client.get("/selling/products/new/").context["form"].initial == {}


def test_a_seller_without_a_name_is_told_to_reserve_one(seller_client: Client) -> None:
    response = seller_client.get("/selling/products/new/")

    assert_sound(response)
    assert "Reserve a name first" in response.content.decode()


def test_a_draft_is_made_of_the_seller_s_own_images(seller_client: Client, namespace: Namespace) -> None:
    images = [PushedImageFactory(namespace=namespace, name=name) for name in ("db", "tools")]

    response = seller_client.post("/selling/products/new/", {**PAGE, "images": [image.pk for image in images]}, follow=True)

    product = Product.objects.get()
    assert response.redirect_chain == [(editor(product), 302)]
    assert_sound(response)
    assert (product.title, product.category, product.state) == ("Postgres HA", Category.objects.get(pk="databases"), "draft")
    assert list(product.images.all()) == images


def test_somebody_else_s_image_is_not_even_a_choice(seller_client: Client, namespace: Namespace) -> None:
    ImageFactory(namespace=namespace)

    response = seller_client.post("/selling/products/new/", {**PAGE, "images": [PushedImageFactory().pk]})

    assert response.status_code == 400
    assert "Select a valid choice" in response.content.decode()
    assert Product.objects.count() == 0


@pytest.mark.parametrize(
    ("change", "status", "sentence"),
    [
        pytest.param({"title": ""}, 400, "This field is required", id="no title"),
        pytest.param({"slug": "Big Name"}, 422, "Use lower-case letters", id="address breaks the grammar"),
        pytest.param({"slug": "held"}, 409, "is an image that is not in this product", id="address of another image"),
        pytest.param({"slug": "sold"}, 409, "You have a product at sold already", id="address taken"),
    ],
)
def test_a_refused_draft_says_why_and_keeps_what_was_typed(
    seller_client: Client, namespace: Namespace, change: dict[str, str], status: int, sentence: str
) -> None:
    ImageFactory(namespace=namespace, name="held")
    ProductFactory(namespace=namespace, slug="sold", images=[])

    response = seller_client.post("/selling/products/new/", {**PAGE, **change})

    assert_sound(response)
    assert response.status_code == status
    assert sentence in response.content.decode()
    assert "**Two** containers." in response.content.decode()
    assert "<strong>Two</strong>" in response.content.decode()
    assert Product.objects.count() == 1


def test_a_seller_with_two_namespaces_chooses_one(seller_client: Client, namespace: Namespace) -> None:
    other = NamespaceFactory(name="other", owner=namespace.owner)
    assert_sound(seller_client.get("/selling/products/new/"))

    seller_client.post("/selling/products/new/", {**PAGE, "namespace": other.pk})

    assert Product.objects.get().namespace == other


def test_saving_changes_the_page_and_the_images(seller_client: Client, namespace: Namespace, draft: Product) -> None:
    tools = PushedImageFactory(namespace=namespace, name="tools")
    images = [*draft.images.all(), tools]

    response = seller_client.post(
        editor(draft), {**PAGE, "title": "Postgres, twice", "images": [image.pk for image in images]}, follow=True
    )

    assert_sound(response)
    assert "Saved." in response.content.decode()
    seller_client.post(editor(draft), {**PAGE, "title": "Postgres, twice", "images": [image.pk for image in images]})
    draft.refresh_from_db()
    assert draft.title == "Postgres, twice"
    assert set(draft.images.all()) == set(images)


@pytest.mark.parametrize(
    ("change", "status", "sentence"),
    [
        pytest.param({"title": ""}, 400, "This field is required", id="form"),
        pytest.param({"slug": "a--b__c.-d"}, 422, "do not mix them", id="service"),
    ],
)
def test_a_refused_change_keeps_what_was_typed(
    seller_client: Client, draft: Product, change: dict[str, str], status: int, sentence: str
) -> None:
    response = seller_client.post(editor(draft), {**PAGE, **change, "summary": "Typed just now."})

    assert_sound(response)
    assert response.status_code == status
    assert sentence in response.content.decode()
    assert "Typed just now." in response.content.decode()
    draft.refresh_from_db()
    assert draft.summary == "Does what it says."


def test_the_address_of_a_published_product_cannot_be_edited(seller_client: Client, namespace: Namespace) -> None:
    product = ProductFactory(namespace=namespace, slug="fixed")

    response = seller_client.get(editor(product))

    assert_sound(response)
    assert "slug" not in response.context["form"].fields


@pytest.mark.parametrize(
    ("typed", "currency", "minor"),
    [
        ("49", "eur", 4900),
        ("49.5", "eur", 4950),
        ("49,50", "eur", 4950),
        ("0", "eur", 0),
        ("500", "jpy", 500),
        ("34", "sek", 3400),
        ("450", "isk", 45000),
        ("12500.00", "ugx", 1250000),
        ("1.25", "kwd", 1250),
        ("1.250", "kwd", 1250),
    ],
)
def test_a_price_is_taken_exactly_as_it_is_typed(
    seller_client: Client, draft: Product, typed: str, currency: str, minor: int, settings: Any
) -> None:
    settings.LAYERSTORE_CURRENCIES = ["eur", "jpy", "sek", "isk", "ugx", "kwd"]

    response = seller_client.post(editor(draft, "price"), {"amount": typed, "currency": currency}, follow=True)

    assert_sound(response)
    assert [(price.amount, price.currency) for price in Price.objects.all()] == [(minor, currency)]


@pytest.mark.parametrize(
    ("typed", "currency", "status"),
    [
        ("0.30", "eur", 422),
        ("49.999", "eur", 400),
        ("49.50", "jpy", 400),
        ("-1", "eur", 400),
        ("NaN", "eur", 400),
        ("٤٩", "eur", 400),
        ("1e9", "eur", 400),
        ("99999999999", "eur", 422),
        ("lots", "eur", 400),
        ("", "eur", 400),
        ("1", "xxx", 400),
        ("1.00", "sek", 422),
        ("12.50", "isk", 400),
        ("4000.50", "ugx", 400),
        ("1.2345", "kwd", 400),
        ("1.255", "kwd", 400),
    ],
)
def test_a_price_that_makes_no_sense_is_refused_beside_its_field(
    seller_client: Client, draft: Product, typed: str, currency: str, status: int, settings: Any
) -> None:
    settings.LAYERSTORE_CURRENCIES = ["eur", "jpy", "sek", "isk", "ugx", "kwd"]

    response = seller_client.post(editor(draft, "price"), {"amount": typed, "currency": currency})

    assert_sound(response)
    assert response.status_code == status
    assert response.context["price_form"].errors
    assert Price.objects.count() == 0


def test_the_checklist_names_what_is_left_and_then_publishing_works(seller_client: Client, draft: Product) -> None:
    before = seller_client.get(editor(draft))
    assert [check.text for check in before.context["checks"] if not check.done] == ["Set a price; 0 makes it free."]
    refused = seller_client.post(editor(draft, "publish"), follow=True)
    assert "Set a price" in refused.content.decode()

    seller_client.post(editor(draft, "price"), {"amount": "49", "currency": "eur"})
    response = seller_client.post(editor(draft, "publish"), follow=True)

    assert response.redirect_chain == [("/acme/db", 302)]
    draft.refresh_from_db()
    assert draft.state == Product.State.PUBLISHED


def test_a_bare_draft_is_told_every_step(seller_client: Client, namespace: Namespace) -> None:
    SellerProfile.objects.update(charges_enabled=False)
    unpushed = DraftProductFactory(namespace=namespace, images=[ImageFactory(namespace=namespace, name="db")])
    empty = DraftProductFactory(namespace=namespace, images=[], price=False)

    first, second = seller_client.get(editor(unpushed)), seller_client.get(editor(empty))

    assert_sound(first)
    whom = f"?seller={unpushed.seller.account.handle}"
    assert "docker push layerstore.test:8080/acme/db:1.0" in first.content.decode()
    assert [check.url for check in first.context["checks"] if not check.done] == ["", f"/selling/payouts/{whom}"]
    assert [check.url for check in second.context["checks"] if not check.done] == [f"/selling/reserve/{whom}", "#price"]


def test_withdrawing_takes_it_off_the_shelf(seller_client: Client, client: Client, namespace: Namespace) -> None:
    product = ProductFactory(namespace=namespace, slug="db")

    response = seller_client.post(editor(product, "withdraw"), follow=True)

    assert "is withdrawn" in response.content.decode()
    assert client.get("/acme/db").status_code == 404
    again = seller_client.post(editor(product, "withdraw"), follow=True)
    assert "cannot become" in again.content.decode()


def test_a_suspended_product_says_why(seller_client: Client, namespace: Namespace) -> None:
    product = ProductFactory(namespace=namespace, state="suspended", suspension_reason="It is not what it says.")

    response = seller_client.get(editor(product))

    assert_sound(response)
    assert "It is not what it says." in response.content.decode()


def test_a_picture_is_added_and_deleted(seller_client: Client, draft: Product) -> None:
    upload = SimpleUploadedFile("a.png", png(), "image/png")

    response = seller_client.post(editor(draft, "pictures"), {"file": upload, "alt": "A teal square"}, follow=True)

    assert_sound(response)
    picture = draft.pictures.get()
    assert picture.alt == "A teal square"
    seller_client.post(editor(draft, f"pictures/{picture.pk}/delete"))
    assert draft.pictures.count() == 0


@pytest.mark.parametrize(
    ("content", "alt", "status"),
    [
        pytest.param(b"<svg onload=alert(1)>", "A drawing", 422, id="no picture"),
        pytest.param(b"<svg onload=alert(1)>", "", 400, id="no words"),
    ],
)
def test_a_refused_picture_says_why(seller_client: Client, draft: Product, content: bytes, alt: str, status: int) -> None:
    response = seller_client.post(editor(draft, "pictures"), {"file": SimpleUploadedFile("a.svg", content, "image/svg+xml"), "alt": alt})

    assert_sound(response)
    assert response.status_code == status
    assert draft.pictures.count() == 0


def test_the_preview_is_what_buyers_will_see(seller_client: Client) -> None:
    response = seller_client.post("/selling/products/preview", {"markdown": "**Two** <script>alert(1)</script>"})

    assert response.content.decode() == "<p><strong>Two</strong> </p>\n"


@pytest.mark.parametrize("act", ["", "publish", "withdraw", "price", "pictures", "pictures/00000000-0000-0000-0000-000000000000/delete"])
def test_somebody_else_s_product_is_not_there(seller_client: Client, client: Client, act: str) -> None:
    foreign = ProductFactory(title="Not yours")

    assert seller_client.post(editor(foreign, act), PAGE).status_code == 404
    assert client.post(editor(foreign, act), PAGE)["Location"].startswith("/account/login/")
    foreign.refresh_from_db()
    assert (foreign.title, foreign.state) == ("Not yours", "published")


@pytest.mark.parametrize("act", ["", "tags", "release"])
def test_somebody_else_s_image_is_not_there(seller_client: Client, act: str) -> None:
    foreign = PushedImageFactory()
    url = f"/selling/images/{foreign.pk}/{act}"

    assert (seller_client.post(url) if act == "release" else seller_client.get(url)).status_code == 404
    foreign.refresh_from_db()
    assert foreign.is_live
