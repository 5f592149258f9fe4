"""Writing a product page: what fits, and whose images it may hold."""

import pytest
from django.utils import timezone

from audit.models import AuditEvent
from common.money import Money
from marketplace.entitlements.policy import Action, Subject, allowed_actions
from marketplace.images.errors import InvalidSlug, NotYours
from marketplace.images.models import Image
from marketplace.products.errors import (
    ForeignImage,
    ImageNotUsable,
    InvalidProduct,
    ProductNotReady,
    SlugFixed,
    SlugNamesAnotherImage,
    SlugTaken,
)
from marketplace.products.models import Product
from marketplace.products.selectors.offers import offered_price
from marketplace.products.services.editing import create_product, edit_product, set_images
from marketplace.products.services.prices import set_price
from marketplace.products.services.publishing import publish_product, withdraw_product
from tests.factories.accounts import SellerFactory, UserFactory
from tests.factories.marketplace import (
    CategoryFactory,
    DraftProductFactory,
    EntitlementFactory,
    FreeProductFactory,
    ImageFactory,
    NamespaceFactory,
    ProductFactory,
    PushedImageFactory,
)
from tests.marketplace.products.conftest import owner, refused

pytestmark = pytest.mark.django_db

State = Product.State


@pytest.fixture
def namespace():
    return NamespaceFactory(name="acme")


@pytest.fixture
def shop(namespace):
    """What a seller passes with every new product."""
    return {"seller": namespace.owner.seller, "namespace": namespace, "actor": namespace.owner.user}


def images_of(product):
    return list(product.images.order_by("product_images__position"))


def test_a_draft_is_seen_by_nobody_and_keeps_its_markdown(shop, namespace):
    image = PushedImageFactory(namespace=namespace, name="db")

    product = create_product(
        **shop,
        images=[image],
        title="Database",
        slug="db",
        summary="Fast.",
        description="# Hi <script>\r\n",
        category=CategoryFactory(),
        licence_name="MIT",
        licence_text="Do what you want.",
    )

    product.refresh_from_db()
    assert (product.state, product.published_at, product.description) == (State.DRAFT, None, "# Hi <script>\r\n")
    assert images_of(product) == [image]
    assert offered_price(product) is None
    assert AuditEvent.objects.get(action="product.created").details == {"images": ["acme/db"]}


def test_a_bundle_keeps_the_sellers_order_and_has_each_image_once(shop, namespace):
    images = [PushedImageFactory(namespace=namespace) for _ in range(3)]

    product = create_product(**shop, images=[*reversed(images), images[0]], title="All", slug="all")

    assert images_of(product) == images[::-1]


def test_somebody_elses_image_seller_or_namespace_makes_no_product(shop):
    page = {"title": "x", "slug": "x"}
    foreign = PushedImageFactory()

    refused(ForeignImage, create_product, **shop, images=[foreign], **page)
    refused(NotYours, create_product, **{**shop, "namespace": foreign.namespace}, images=[], **page)
    refused(NotYours, create_product, **{**shop, "actor": foreign.owner.user}, images=[], **page)
    refused(NotYours, create_product, **{**shop, "actor": UserFactory(staff=True)}, images=[], **page)


@pytest.mark.parametrize(
    "gone",
    [
        {"ended_at": timezone.now(), "end_kind": Image.End.RELEASED},
        {"taken_down_at": timezone.now(), "take_down_reason": "Malware."},
    ],
)
def test_an_image_that_has_ended_or_is_taken_down_makes_no_product(shop, namespace, gone):
    refused(ImageNotUsable, create_product, **shop, images=[PushedImageFactory(namespace=namespace, **gone)], title="x", slug="x")


@pytest.mark.parametrize(
    ("fields", "refusal", "field"),
    [
        pytest.param({"slug": "Not Good"}, InvalidSlug, "slug", id="slug"),
        pytest.param({"title": ""}, InvalidProduct, "title", id="no title"),
        pytest.param({"title": "x" * 81}, InvalidProduct, "title", id="long title"),
        pytest.param({"summary": "x" * 201}, InvalidProduct, "summary", id="long summary"),
        pytest.param({"description": "x" * 50_001}, InvalidProduct, "description", id="long description"),
        pytest.param({"licence_text": "x" * 200_001}, InvalidProduct, "licence_text", id="long licence"),
        pytest.param({"refund_days": 181}, InvalidProduct, "refund_days", id="long refund window"),
        pytest.param({"slug": "taken"}, SlugTaken, "slug", id="address taken"),
        pytest.param({"slug": "other"}, SlugNamesAnotherImage, "slug", id="address of another image"),
    ],
)
def test_a_page_that_does_not_fit_is_refused_by_field_made_or_edited(shop, namespace, fields, refusal, field):
    DraftProductFactory(namespace=namespace, slug="taken")
    ImageFactory(namespace=namespace, name="other")
    product = DraftProductFactory(namespace=namespace, slug="good")

    error = refused(refusal, create_product, **shop, images=[], **{"title": "x", "slug": "fine", **fields})
    assert error.field == field
    assert refused(refusal, edit_product, product=product, actor=owner(product), **fields).field == field


def test_a_product_may_be_called_as_its_own_image(shop, namespace):
    image = PushedImageFactory(namespace=namespace, name="db")

    product = create_product(**shop, images=[image], title="Database", slug="db")

    refused(SlugNamesAnotherImage, set_images, product=product, images=[PushedImageFactory(namespace=namespace)], actor=shop["actor"])
    set_images(product=product, images=[PushedImageFactory(namespace=namespace), image], actor=shop["actor"])
    assert len(images_of(product)) == 2


def test_an_edit_changes_what_it_names_and_nothing_else():
    product = DraftProductFactory(title="Old", summary="Old.")

    edit_product(product=product, actor=owner(product), title="New", slug="new-address", category=CategoryFactory(slug="ai"))

    product.refresh_from_db()
    assert (product.title, product.slug, product.summary, product.category_id) == ("New", "new-address", "Old.", "ai")
    assert AuditEvent.objects.get(action="product.edited").details == {"fields": ["category", "slug", "title"]}


def test_the_address_stays_once_published():
    product = ProductFactory(state=State.WITHDRAWN)

    refused(SlugFixed, edit_product, product=product, actor=owner(product), slug="elsewhere")

    edit_product(product=product, actor=owner(product), slug=product.slug, title="New")
    assert Product.objects.get().title == "New"


@pytest.mark.parametrize("actor", [UserFactory, lambda: UserFactory(staff=True), lambda: SellerFactory().account.user])
def test_nobody_else_edits_prices_or_moves_a_product(actor):
    product = DraftProductFactory()
    somebody = actor()

    refused(NotYours, edit_product, product=product, actor=somebody, title="Hacked")
    refused(NotYours, set_images, product=product, actor=somebody, images=[])
    refused(NotYours, set_price, product=product, actor=somebody, money=Money(0, "eur"))
    refused(NotYours, publish_product, product=product, actor=somebody)
    refused(NotYours, withdraw_product, product=product, actor=somebody)


def test_a_published_bundle_can_be_changed_only_into_one_that_could_be_published():
    product = FreeProductFactory()
    kept = product.images.get()
    unpushed = ImageFactory(namespace=product.namespace)
    pushed = PushedImageFactory(namespace=product.namespace)

    error = refused(ProductNotReady, set_images, product=product, images=[kept, unpushed], actor=owner(product))
    assert error.context == {"missing": ["push"]}
    assert refused(ProductNotReady, set_images, product=product, images=[], actor=owner(product)).context == {"missing": ["images"]}
    refused(ForeignImage, set_images, product=product, images=[kept, PushedImageFactory()], actor=owner(product))

    set_images(product=product, images=[pushed], actor=owner(product))
    assert images_of(product) == [pushed]


def test_who_holds_an_image_that_leaves_a_product_keeps_it():
    product = ProductFactory()
    entitlement = EntitlementFactory(image=product.images.get())

    set_images(product=product, images=[PushedImageFactory(namespace=product.namespace)], actor=owner(product))

    allowed = allowed_actions(subject=Subject.of(entitlement.holder.user), repositories=[entitlement.image.repository])
    assert allowed == {entitlement.image.repository: {Action.PULL}}


def test_a_bundle_of_very_many_images_is_refused(namespace, shop, monkeypatch):
    monkeypatch.setattr("marketplace.products.services.editing.MOST_IMAGES", 2)
    images = [ImageFactory(namespace=namespace) for _ in range(3)]

    error = refused(InvalidProduct, create_product, **shop, images=images, title="Much", slug="much")

    assert (error.field, error.message) == ("images", "A product holds at most 2 images. Make several bundles.")
    assert create_product(**shop, images=images[:2], title="Much", slug="much").images.count() == 2
