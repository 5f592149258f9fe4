from collections.abc import Callable

import pytest
from django.utils import timezone

from accounts.errors import ReasonMissing
from accounts.models import AuditEvent
from marketplace.errors import (
    ForeignImage,
    ImageNotUsable,
    InvalidPrice,
    InvalidProduct,
    InvalidSlug,
    NotYours,
    ProductNotReady,
    ProductStateConflict,
    SellerIsSuspended,
    SlugFixed,
    SlugNamesAnotherImage,
    SlugTaken,
)
from marketplace.models import Image, Price, Product, ProductImage
from marketplace.selectors.access import Action, Subject, allowed_actions
from marketplace.selectors.offers import current_price, on_offer
from marketplace.selectors.readiness import missing_for_publication
from marketplace.services.products import (
    MOVES,
    create_product,
    edit_product,
    publish_product,
    reinstate_product,
    set_images,
    set_price,
    suspend_product,
    withdraw_product,
)
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
    TagFactory,
)

pytestmark = pytest.mark.django_db

State = Product.State


def owner(product):
    return product.seller.account.user


def snapshot():
    tables = (Product, ProductImage, Price, AuditEvent)
    return [list(model.objects.order_by("pk").values()) for model in tables]


def refused(refusal, act, **asked):
    before = snapshot()
    with pytest.raises(refusal) as error:
        act(**asked)
    assert snapshot() == before
    return error.value


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
    assert on_offer(product) is None
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
    refused(NotYours, set_price, product=product, actor=somebody, amount=0, currency="eur")
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


def test_publishing_puts_a_product_on_offer():
    product = DraftProductFactory()

    publish_product(product=product, actor=owner(product))

    product.refresh_from_db()
    assert product.state == State.PUBLISHED
    assert on_offer(product) == current_price(product)
    assert AuditEvent.objects.get(action="product.published").target_id == str(product.pk)


def unready(missing):
    """A draft that lacks one thing."""
    product = DraftProductFactory(price=missing != "price")
    if missing == "title":
        Product.objects.update(title=" ")
    if missing == "images":
        product.product_images.all().delete()
    if missing == "stripe":
        product.seller.charges_enabled = False
        product.seller.save()
    if missing == "push":
        product.product_images.create(image=ImageFactory(namespace=product.namespace), owner=product.seller)
    return product


@pytest.mark.parametrize("missing", ["title", "images", "push", "price", "stripe"])
def test_what_is_missing_is_said_and_nothing_is_published(missing):
    product = unready(missing)

    error = refused(ProductNotReady, publish_product, product=product, actor=owner(product))

    assert error.context == {"missing": [missing]}
    assert [step.step for step in missing_for_publication(Product.objects.get())] == [missing]


def test_a_signature_is_not_something_to_sell():
    image = ImageFactory()
    TagFactory(image=image, name="sha256-0123.sig")
    TagFactory(image=image, name="chart", manifest__kind="artifact")
    product = DraftProductFactory(namespace=image.namespace, images=[image])

    refused(ProductNotReady, publish_product, product=product, actor=owner(product))


@pytest.mark.parametrize("gone", ["ended_at", "taken_down_at"])
def test_an_image_that_went_since_the_draft_is_named(gone):
    product = DraftProductFactory()
    product.images.update(**{gone: timezone.now(), "end_kind": "released" if gone == "ended_at" else "", "take_down_reason": "Malware."})

    error = refused(ProductNotReady, publish_product, product=product, actor=owner(product))

    assert error.context == {"missing": ["images"]}
    assert product.images.get().repository in error.message


def test_a_free_product_needs_no_stripe():
    product = DraftProductFactory(price__amount=0)
    product.seller.charges_enabled = False
    product.seller.save()

    assert publish_product(product=product, actor=owner(product)).state == State.PUBLISHED


def test_a_suspended_seller_publishes_nothing():
    product = DraftProductFactory()
    product.seller.suspended_at, product.seller.suspension_reason = timezone.now(), "Fraud."
    product.seller.save()

    refused(SellerIsSuspended, publish_product, product=product, actor=owner(product))


def test_a_withdrawn_product_comes_back_with_its_first_date():
    product = ProductFactory()
    withdraw_product(product=product, actor=owner(product))
    assert on_offer(product) is None

    again = publish_product(product=product, actor=owner(product))

    assert (again.state, again.published_at) == (State.PUBLISHED, product.published_at)
    assert on_offer(product) is not None


def test_a_suspended_product_comes_back_through_staff_and_then_its_seller():
    product, staff = ProductFactory(), UserFactory(staff=True)

    suspend_product(product=product, reason="Stolen.", actor=staff)
    refused(ProductStateConflict, publish_product, product=product, actor=owner(product))
    refused(ProductStateConflict, withdraw_product, product=product, actor=owner(product))
    refused(ProductStateConflict, suspend_product, product=product, reason="Again.", actor=staff)

    reinstated = reinstate_product(product=product, reason="It was not.", actor=staff)
    assert (reinstated.state, reinstated.suspension_reason) == (State.WITHDRAWN, "")
    assert publish_product(product=product, actor=owner(product)).state == State.PUBLISHED
    assert list(AuditEvent.objects.order_by("at").values_list("action", "reason")) == [
        ("product.suspended", "Stolen."),
        ("product.reinstated", "It was not."),
        ("product.published", ""),
    ]


ACTS: dict[str, tuple[Callable[..., Product], dict[str, str]]] = {
    State.PUBLISHED: (publish_product, {}),
    State.WITHDRAWN: (withdraw_product, {}),
    State.SUSPENDED: (suspend_product, {"reason": "Wrong."}),
}


@pytest.mark.parametrize("start", State.values)
@pytest.mark.parametrize("target", ACTS)
def test_a_product_moves_along_the_table_and_nowhere_else(start, target):
    product = ProductFactory(state=start, suspension_reason="Wrong." if start == State.SUSPENDED else "")
    act, more = ACTS[target]
    actor = UserFactory(staff=True) if target == State.SUSPENDED else owner(product)
    sellers_own_move = (start, target) != (State.SUSPENDED, State.WITHDRAWN)

    if target in MOVES[start] and sellers_own_move:
        assert act(product=product, actor=actor, **more).state == target
    else:
        refused(ProductStateConflict, act, product=product, actor=actor, **more)


@pytest.mark.parametrize("act", [suspend_product, reinstate_product])
def test_only_staff_suspend_and_reinstate_and_say_why(act):
    product = ProductFactory(state=State.SUSPENDED if act is reinstate_product else State.PUBLISHED, suspension_reason="Wrong.")

    refused(NotYours, act, product=product, reason="Mine.", actor=owner(product))
    refused(ReasonMissing, act, product=product, reason=" ", actor=UserFactory(staff=True))


@pytest.mark.parametrize("state", [State.DRAFT, State.PUBLISHED, State.WITHDRAWN])
def test_what_is_not_suspended_is_not_reinstated(state):
    product = ProductFactory(state=state)

    refused(ProductStateConflict, reinstate_product, product=product, reason="Why not.", actor=UserFactory(staff=True))


def test_a_change_of_price_is_a_new_row_and_the_old_one_ends():
    product = ProductFactory()
    old = product.prices.get()

    new = set_price(product=product, amount=900, currency="usd", actor=owner(product))

    old.refresh_from_db()
    assert (old.amount, old.currency) == (500, "eur")
    assert old.retired_at == new.created_at
    assert current_price(product) == new
    assert str(new) == "$9.00"
    assert AuditEvent.objects.get(action="product.priced").details == {"amount": 900, "currency": "usd"}


def test_the_same_price_again_is_the_same_row():
    product = ProductFactory()
    before = snapshot()

    assert set_price(product=product, amount=500, currency="eur", actor=owner(product)) == current_price(product)

    assert snapshot() == before


def test_a_first_price_ends_no_other():
    product = DraftProductFactory(price=False)

    assert set_price(product=product, amount=0, currency="jpy", actor=owner(product)).is_free
    assert Price.objects.count() == 1


@pytest.mark.parametrize(
    ("amount", "currency", "field"),
    [
        pytest.param(-1, "eur", "amount", id="negative"),
        pytest.param(49, "eur", "amount", id="below what Stripe charges"),
        pytest.param(29, "gbp", "amount", id="below what Stripe charges in pounds"),
        pytest.param(100_000_000, "eur", "amount", id="above what Stripe charges"),
        pytest.param(500, "xxx", "currency", id="unknown currency"),
        pytest.param(500, "EUR", "currency", id="capitals"),
    ],
)
def test_a_price_that_cannot_be_charged_is_refused(amount, currency, field):
    product = ProductFactory()

    assert refused(InvalidPrice, set_price, product=product, amount=amount, currency=currency, actor=owner(product)).field == field


@pytest.mark.parametrize(("amount", "currency"), [(50, "eur"), (30, "gbp"), (50, "jpy"), (99_999_999, "eur"), (0, "chf")])
def test_the_limits_themselves_can_be_charged(amount, currency):
    product = ProductFactory()

    assert set_price(product=product, amount=amount, currency=currency, actor=owner(product)).amount == amount


def test_a_published_free_product_gets_no_price_without_stripe():
    product = FreeProductFactory()
    product.seller.charges_enabled = False
    product.seller.save()

    error = refused(ProductNotReady, set_price, product=product, amount=500, currency="eur", actor=owner(product))

    assert error.context == {"missing": ["stripe"]}
