"""Publishing, withdrawing, suspending: along the table and nowhere else."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from audit.errors import ReasonMissing
from audit.models import AuditEvent
from marketplace.images.errors import NotYours, SellerIsSuspended
from marketplace.products.errors import ProductNotReady, ProductStateConflict
from marketplace.products.models import Product
from marketplace.products.selectors.offers import current_price, offered_price
from marketplace.products.selectors.readiness import missing_for_publication
from marketplace.products.services.publishing import TRANSITIONS, publish_product, reinstate_product, suspend_product, withdraw_product
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import (
    DraftProductFactory,
    ImageFactory,
    ProductFactory,
    TagFactory,
)
from tests.marketplace.products.conftest import owner, refused

pytestmark = pytest.mark.django_db

State = Product.State


def test_publishing_puts_a_product_on_offer():
    product = DraftProductFactory()

    publish_product(product=product, actor=owner(product))

    product.refresh_from_db()
    assert product.state == State.PUBLISHED
    assert offered_price(product) == current_price(product)
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
    assert [one.requirement for one in missing_for_publication(Product.objects.get())] == [missing]


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
    assert offered_price(product) is None

    again = publish_product(product=product, actor=owner(product))

    assert (again.state, again.published_at) == (State.PUBLISHED, product.published_at)
    assert offered_price(product) is not None


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

    if target in TRANSITIONS[start] and sellers_own_move:
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
