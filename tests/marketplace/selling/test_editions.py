"""The pages on which a seller divides a product into editions."""

import pytest
from django.test import Client

from marketplace.images.models import Image, Namespace
from marketplace.products.models import Edition, Product
from tests.factories.marketplace import EditionFactory, ProductFactory, PushedImageFactory
from tests.support.pages import assert_sound

pytestmark = pytest.mark.django_db


@pytest.fixture
def images(namespace: Namespace) -> list[Image]:
    return [PushedImageFactory(namespace=namespace, name=name) for name in ("db", "failover")]


@pytest.fixture
def product(namespace: Namespace, images: list[Image]) -> Product:
    made: Product = ProductFactory(namespace=namespace, slug="db", title="Postgres HA", images=images)
    return made


def typed(name: str, images: list[Image], amount: str = "9", **more: str) -> dict[str, object]:
    row = {"amount": amount, "currency": "eur", "suggested": "", "kind": "one_off", "interval": ""}
    return {"name": name, "line": "For one server.", "images": [image.pk for image in images], **row, **more}


def address(product: Product, edition: Edition | None = None, act: str = "") -> str:
    return f"/selling/products/{product.pk}/editions/" + (f"{edition.pk}/{act}" if edition else "")


def text_of(client: Client, path: str) -> str:
    return assert_sound(client.get(path)).text


def test_a_seller_divides_a_product_and_orders_its_editions(seller_client: Client, product: Product, images: list[Image]) -> None:
    editor = f"/selling/products/{product.pk}/"
    assert "Sell it in editions" in text_of(seller_client, editor)
    form = seller_client.get(address(product)).context["form"]
    assert form.initial["images"] == {image.pk for image in images}

    for name, chosen in (("Standard", images[:1]), ("Pro", images)):
        answer = seller_client.post(address(product), typed(name, chosen))
        assert (answer.status_code, answer["Location"]) == (302, f"{editor}#price")

    text = text_of(seller_client, editor)
    assert "Standard For one server. acme/db €9.00" in text
    assert "Set the price" not in text
    assert "Edition" not in Edition.objects.get(name="Pro").line

    seller_client.post(address(product, Edition.objects.get(name="Pro"), "move"), {"to": "0"})
    assert [edition.name for edition in Edition.objects.all()] == ["Pro", "Standard"]
    seller_client.post(address(product, Edition.objects.get(name="Pro"), "move"), {"to": "somewhere"})
    assert [edition.name for edition in Edition.objects.all()] == ["Pro", "Standard"]


@pytest.mark.parametrize(
    ("state", "said"), [("published", "Buyers see it from now on."), ("draft", "Buyers see it once the product is published.")]
)
def test_what_is_said_of_a_saved_edition_is_true_of_a_draft(
    seller_client: Client, product: Product, images: list[Image], state: str, said: str
) -> None:
    Product.objects.update(state=state)

    answer = seller_client.post(address(product), typed("Standard", images), follow=True)

    assert f"Standard is saved. {said}" in assert_sound(answer).text


def test_nobody_is_told_that_an_edition_may_be_free(seller_client: Client, product: Product, images: list[Image]) -> None:
    edition = EditionFactory(product=product, name="Pro", images=images)
    for path in (address(product), address(product, edition)):
        for page in (seller_client.get(path), seller_client.post(path, typed("", images)), seller_client.post(path, {"more": "1"})):
            words = page.content.decode()
            assert ("One price for everybody</" in words, "the amount at least</" in words, "0 is free" in words) == (True, True, False)


def test_an_edition_is_changed_and_retired(seller_client: Client, product: Product, images: list[Image]) -> None:
    pro, standard = EditionFactory(product=product, name="Pro"), EditionFactory(product=product, name="Standard")
    assert "Retire Pro" in text_of(seller_client, address(product, pro))

    assert seller_client.post(address(product, pro), typed("Pro", images[:1], "12")).status_code == 302
    assert [price.amount for price in pro.prices.filter(retired_at=None)] == [1200]

    assert seller_client.post(address(product, pro, "retire")).status_code == 302
    assert seller_client.get(address(product, pro)).status_code == 404
    answer = seller_client.post(address(product, standard, "retire"), follow=True)
    assert "Set a price" in assert_sound(answer).text  # the last one of what is published
    assert [edition.retired_at is None for edition in (Edition.objects.get(pk=pro.pk), Edition.objects.get(pk=standard.pk))] == [
        False,
        True,
    ]


def test_what_was_typed_stays_while_a_currency_is_added(seller_client: Client, product: Product, images: list[Image]) -> None:
    answer = seller_client.post(address(product), typed("Pro", images[:1], more="1"))

    assert (answer.status_code, Edition.objects.count(), answer.context["form"]["name"].value()) == (200, 0, "Pro")
    assert len(answer.context["price_form"].rows) == 2
    assert answer.content.decode().count("checked") >= 1


@pytest.mark.parametrize(
    ("name", "amount", "says"),
    [
        ("", "9", "This field is required."),
        ("Standard", "9", "There is an edition Standard already."),
        ("Pro", "0", "An edition costs something."),
    ],
)
def test_what_is_refused_stands_beside_its_field(
    seller_client: Client, product: Product, images: list[Image], name: str, amount: str, says: str
) -> None:
    EditionFactory(product=product, name="Standard")

    answer = seller_client.post(address(product), typed(name, images, amount))

    assert (answer.status_code >= 400, says in assert_sound(answer).text, Edition.objects.count()) == (True, True, 1)


def test_programs_price_an_edition_and_never_another_product_s(seller_client: Client, as_seller: Client, product: Product) -> None:
    edition, other = EditionFactory(product=product), EditionFactory()
    asked = {"product": str(product.pk), "amount": 1200, "currency": "eur"}

    answers = [as_seller.post("/api/v1/prices/", asked | more, format="json").status_code for more in ({}, {"edition": str(other.pk)})]

    assert (answers, [price.amount for price in other.prices.all()]) == ([409, 400], [500])
    priced = as_seller.post("/api/v1/prices/", asked | {"edition": str(edition.pk)}, format="json")
    assert (priced.status_code, priced.json()["edition"]) == (201, str(edition.pk))
