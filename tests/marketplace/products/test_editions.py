"""A product is sold in editions, each with images and prices of its own."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from audit.models import AuditEvent
from common.money import Money
from marketplace.entitlements.errors import ProductNotFree
from marketplace.entitlements.policy import Subject, allowed_actions
from marketplace.entitlements.selectors import buyers_among, holders_among
from marketplace.entitlements.services.grants import obtain_free_product
from marketplace.images.errors import NotYours
from marketplace.images.models import Image
from marketplace.products.errors import (
    EditionLeftEmpty,
    EditionNameTaken,
    EditionRetired,
    InvalidEdition,
    InvalidPrice,
    ProductNotReady,
    SoldInEditions,
    TooManyEditions,
)
from marketplace.products.models import Edition, EditionImage, Price, Product, SearchEntry
from marketplace.products.selectors.editions import edition_chosen, editions_on_sale, sold_for, title_sold
from marketplace.products.selectors.offers import current_price, current_prices, has_choice, other_prices, price_shown, with_current_prices
from marketplace.products.services.editing import set_images
from marketplace.products.services.editions import MOST_EDITIONS, EditionTerms, add_edition, edit_edition, move_edition, retire_edition
from marketplace.products.services.prices import NewPrice, set_price, set_prices
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import (
    DraftProductFactory,
    EditionFactory,
    EntitlementFactory,
    FreeProductFactory,
    NamespaceFactory,
    PriceFactory,
    ProductFactory,
    PushedImageFactory,
)
from tests.marketplace.products.conftest import owner, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def images() -> list[Image]:
    namespace = NamespaceFactory()
    return [PushedImageFactory(namespace=namespace, name=name) for name in ("db", "failover")]


@pytest.fixture
def product(images: list[Image]) -> Product:
    product: Product = ProductFactory(namespace=images[0].namespace, images=images, title="Postgres HA")
    return product


def terms(name: str, images: list[Image], amount: int = 900, *, line: str = "", currency: str = "eur") -> EditionTerms:
    return EditionTerms(name, line, images, [NewPrice(Money(amount, currency))])


def divide(product: Product) -> tuple[Edition, Edition]:
    """Standard has the first image, Pro both."""
    images = list(product.images.order_by("name"))
    standard = add_edition(product=product, terms=terms("Standard", images[:1], 500), actor=owner(product))
    return standard, add_edition(product=product, terms=terms("Pro", images, 900), actor=owner(product))


def shown(product: Product) -> list[tuple[str, list[int], list[str]]]:
    return [
        (one.edition.name, [price.amount for price in one.prices], [image.name for image in one.images])
        for one in editions_on_sale(product)
    ]


def test_with_its_first_edition_the_product_s_own_price_is_retired_and_the_search_knows_the_least(product: Product) -> None:
    whole = product.prices.get()

    standard, pro = divide(product)

    assert shown(product) == [("Standard", [500], ["db"]), ("Pro", [900], ["db", "failover"])]
    whole.refresh_from_db()
    assert whole.retired_at is not None
    assert (has_choice(product), current_price(product)) == (True, standard.prices.get())
    assert SearchEntry.objects.get().cost == 500
    assert [event.action for event in AuditEvent.objects.order_by("at")] == ["product.priced", "product.edition_added"] * 2
    assert (title_sold(product, whole), title_sold(product, pro.prices.get())) == ("Postgres HA", "Postgres HA, Pro")


def test_an_edition_and_what_it_holds_are_known_by_name(product: Product) -> None:
    edition = EditionFactory(product=product, name="Pro")

    assert "Pro" in str(edition)
    assert {str(row) for row in edition.edition_images.all()} == {str(image) for image in edition.images.all()}


def test_a_long_title_leaves_room_for_the_name_of_the_edition(product: Product) -> None:
    _, pro = divide(product)
    product.title = "x" * 80

    assert title_sold(product, pro.prices.get()) == f"{'x' * 74}…, Pro"


def test_an_edition_that_is_not_first_may_be_the_cheapest(product: Product) -> None:
    _, pro = divide(product)
    move_edition(edition=pro, to=0, actor=owner(product))

    assert [one[0] for one in shown(product)] == ["Pro", "Standard"]
    assert current_price(product).amount == price_shown(product).amount == SearchEntry.objects.get().cost == 500  # type: ignore[union-attr]  # it has some
    assert price_shown(product, pro) == pro.prices.get()
    assert edition_chosen(product, "Standard") == Edition.objects.get(name="Standard")
    assert (edition_chosen(product, "none"), edition_chosen(ProductFactory(), "Pro")) == (pro, None)


def test_each_edition_has_its_own_currencies(product: Product) -> None:
    standard, pro = divide(product)
    set_prices(product=product, edition=pro, prices=[NewPrice(Money(900, "eur")), NewPrice(Money(990, "usd"))], actor=owner(product))

    (usd,) = other_prices(product, price_shown(product, pro))
    assert (usd.currency, other_prices(product, standard.prices.get()), other_prices(product, None)) == ("usd", [], [])
    with pytest.raises(SoldInEditions):
        set_price(product=product, money=Money(100, "eur"), actor=owner(product))
    with pytest.raises(InvalidPrice):
        set_prices(product=product, edition=pro, prices=[NewPrice(Money(0, "eur"))], actor=owner(product))
    assert [price.amount for price in current_prices(product)] == [500, 900, 990]


def test_what_a_price_sells_are_the_images_of_its_edition(product: Product, images: list[Image]) -> None:
    whole = product.prices.get()
    standard, pro = divide(product)

    assert [sold_for(price, images) for price in (whole, standard.prices.get(), pro.prices.get())] == [images, images[:1], images]


def test_what_is_left_out_is_what_another_change_made_of_it_meanwhile(product: Product, images: list[Image]) -> None:
    standard, _ = divide(product)
    read_before = Edition.objects.get(pk=standard.pk)
    edit_edition(edition=standard, terms=EditionTerms("Basic", "For one server.", images[1:]), actor=owner(product))
    monthly = [NewPrice(Money(500, "eur"), interval="month")]
    edit_edition(edition=read_before, terms=EditionTerms(prices=monthly), actor=owner(product))

    edit_edition(
        edition=read_before, terms=EditionTerms(prices=[NewPrice(Money(700, "eur"))], paid_as_now={"interval"}), actor=owner(product)
    )

    changed = Edition.objects.get(pk=standard.pk)
    assert (changed.name, changed.line, list(changed.images.all())) == ("Basic", "For one server.", images[1:])
    assert [(price.amount, price.interval) for price in changed.prices.filter(retired_at=None)] == [(700, "month")]
    assert AuditEvent.objects.filter(action="product.edition_edited").latest("at").details["images"] == [images[1].repository]


def test_an_edition_changes_for_who_buys_from_now_on(product: Product, images: list[Image]) -> None:
    standard, _ = divide(product)
    before = standard.prices.get()

    edit_edition(edition=standard, terms=terms("Basic", images[1:], 500, line="For one server."), actor=owner(product))
    assert shown(product)[0] == ("Basic", [500], ["failover"])
    assert standard.prices.get() == before

    edit_edition(edition=standard, terms=terms("Basic", images[1:], 600), actor=owner(product))
    assert [price.amount for price in standard.prices.filter(retired_at=None)] == [600]


def test_a_retired_edition_is_sold_no_more_and_its_name_is_free(product: Product, images: list[Image]) -> None:
    standard, pro = divide(product)

    retire_edition(edition=standard, actor=owner(product))

    assert [one[0] for one in shown(product)] == ["Pro"]
    assert not has_choice(product)
    for act in (
        lambda: retire_edition(edition=standard, actor=owner(product)),
        lambda: move_edition(edition=standard, to=1, actor=owner(product)),
        lambda: edit_edition(edition=standard, terms=terms("Standard", images), actor=owner(product)),
        lambda: set_prices(
            product=product, edition=Edition.objects.get(pk=standard.pk), prices=[NewPrice(Money(1, "eur"))], actor=owner(product)
        ),
    ):
        refused(EditionRetired, act)
    refused(ProductNotReady, retire_edition, edition=pro, actor=owner(product))  # the last one of what is published
    add_edition(product=product, terms=terms("standard", images[:1]), actor=owner(product))


def test_without_its_last_edition_a_draft_may_be_sold_as_a_whole_again() -> None:
    product = DraftProductFactory()
    only = add_edition(product=product, terms=terms("Only", list(product.images.all())), actor=owner(product))
    retire_edition(edition=only, actor=owner(product))

    set_price(product=product, money=Money(700, "eur"), actor=owner(product))

    assert [(price.amount, price.edition) for price in current_prices(product)] == [(700, None)]


@pytest.mark.parametrize(
    ("name", "line", "chosen", "refusal", "field"),
    [
        ("", "", 1, InvalidEdition, "name"),
        ("x" * 31, "", 1, InvalidEdition, "name"),
        ("Pro", "x" * 121, 1, InvalidEdition, "line"),
        ("Pro", "", 0, InvalidEdition, "images"),
        ("STANDARD", "", 1, EditionNameTaken, "name"),
    ],
)
def test_what_an_edition_cannot_be(
    product: Product, images: list[Image], name: str, line: str, chosen: int, refusal: type[Exception], field: str
) -> None:
    add_edition(product=product, terms=terms("Standard", images), actor=owner(product))

    error = refused(refusal, add_edition, product=product, terms=terms(name, images[:chosen], line=line), actor=owner(product))

    assert (error.field, Edition.objects.count()) == (field, 1)


def test_an_edition_holds_images_of_its_product_alone_and_the_database_says_so(product: Product, images: list[Image]) -> None:
    other = PushedImageFactory(namespace=images[0].namespace)
    error = refused(InvalidEdition, add_edition, product=product, terms=terms("Pro", [other]), actor=owner(product))
    assert error.field == "images"
    edition = EditionFactory(product=product)

    for rows in (
        lambda: EditionImage.objects.create(edition=edition, image=other, product=product),
        lambda: EditionImage.objects.create(
            edition=edition, image=other, product=ProductFactory(images=[other], namespace=other.namespace)
        ),
        lambda: PriceFactory(product=ProductFactory(price=False), edition=edition),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows()
            connection.check_constraints()


def test_the_database_refuses_a_free_edition_and_another_edition_for_a_price(product: Product) -> None:
    standard, pro = divide(product)

    for act in (
        lambda: PriceFactory(product=product, edition=EditionFactory(product=product, name="x"), amount=0, currency="usd"),
        lambda: PriceFactory(product=product, edition=pro),
        lambda: Price.objects.filter(edition=pro).update(edition=standard),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            act()


def test_a_product_has_few_editions_and_its_owner_alone_makes_them(product: Product, images: list[Image]) -> None:
    for number in range(MOST_EDITIONS):
        add_edition(product=product, terms=terms(f"E{number}", images), actor=owner(product))
    refused(TooManyEditions, add_edition, product=product, terms=terms("one more", images), actor=owner(product))

    stranger, edition = UserFactory(), product.editions.all()[0]
    for act in (
        lambda: add_edition(product=product, terms=terms("Mine", images), actor=stranger),
        lambda: edit_edition(edition=edition, terms=terms("Mine", images), actor=stranger),
        lambda: move_edition(edition=edition, to=1, actor=stranger),
        lambda: retire_edition(edition=edition, actor=stranger),
    ):
        refused(NotYours, act)
    assert not Edition.objects.filter(name="Mine").exists()


def test_an_image_that_leaves_the_product_leaves_its_editions_unless_one_would_be_empty(product: Product, images: list[Image]) -> None:
    divide(product)

    refused(EditionLeftEmpty, set_images, product=product, images=images[1:], actor=owner(product))
    set_images(product=product, images=images[:1], actor=owner(product))

    assert [one[2] for one in shown(Product.objects.get())] == [["db"], ["db"]]
    connection.check_constraints()


def test_a_free_product_s_first_edition_makes_it_private(images: list[Image]) -> None:
    product = FreeProductFactory(namespace=images[0].namespace, images=images)
    everybody = Subject(())
    assert all(allowed_actions(subject=everybody, repositories=[image.repository for image in images]).values())

    divide(product)

    assert not any(allowed_actions(subject=everybody, repositories=[image.repository for image in images]).values())
    with pytest.raises(ProductNotFree):
        obtain_free_product(product=product, user=UserFactory())


def test_who_has_one_edition_has_not_the_other_and_may_review_the_product(product: Product, images: list[Image]) -> None:
    standard, pro = divide(product)
    mira, zoe = UserFactory().account, UserFactory().account
    EntitlementFactory(holder=mira, image=images[0])
    EntitlementFactory(holder=zoe, image=images[1])
    both = [mira.pk, zoe.pk]

    assert (
        holders_among(both, product, standard).in_force,
        holders_among(both, product, pro).in_force,
        holders_among(both, product).in_force,
    ) == (
        {mira.pk},
        set(),
        set(),
    )
    assert buyers_among(both, product) == {mira.pk}


def test_a_product_without_editions_costs_no_statement_more(product: Product) -> None:
    found = with_current_prices(Product.objects.select_related("seller").prefetch_related("product_images__image")).get(pk=product.pk)

    with CaptureQueriesContext(connection) as asked:
        assert (editions_on_sale(found), edition_chosen(found, "Pro"), has_choice(found)) == ([], None, False)
        assert price_shown(found) == current_price(found)

    assert len(asked) == 0
