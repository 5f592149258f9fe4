"""What can be bought, by whom, and what an order copies."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.people.errors import EmailNotVerified
from accounts.people.models import User
from accounts.sellers.models import SellerProfile
from audit.models import AuditEvent
from billing.checkout.errors import ProductIsFree, TooManyPendingOrders
from billing.checkout.opening import open_checkout
from billing.checkout.placing import place_order
from billing.orders.errors import AlreadyOwned, SellerMayNotSell
from billing.orders.models import Order
from billing.orders.stopped import orders_to_close
from billing.payments.reconcile import close_checkout, reconcile_order
from marketplace.entitlements.errors import OwnProduct
from marketplace.images.models import Image
from marketplace.images.services.manifests import remove_manifest
from marketplace.images.services.take_downs import restore_image, take_down_image
from marketplace.products.errors import ProductNotOffered
from marketplace.products.models import Product
from tests.billing.conftest import person_of
from tests.factories.accounts import UserFactory
from tests.factories.billing import OrderFactory
from tests.factories.marketplace import (
    DraftProductFactory,
    EntitlementFactory,
    FreeProductFactory,
    NamespaceFactory,
    ProductFactory,
    PushedImageFactory,
    TagFactory,
)
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_order_copies_what_it_was_sold_for(product: Product, buyer: User) -> None:
    image = product.images.get()
    TagFactory(image=image, name="sha256-1234.sig")

    order = place_order(product=product, user=buyer)

    assert (order.state, order.amount, order.currency, order.application_fee) == ("pending", 500, "eur", 50)
    assert (order.product_title, order.email) == ("Postgres HA", buyer.email)
    assert order.destination_account_id == product.seller.stripe_account_id
    assert order.price == product.prices.get()
    assert timedelta(minutes=59) < order.checkout_expires_at - timezone.now() <= timedelta(hours=1)
    sold = order.images.get()
    assert (sold.image, sold.repository, sold.digests) == (image, image.repository, {"1.0": image.tags.get(name="1.0").manifest.digest})
    assert list(AuditEvent.objects.values_list("action", "actor")) == [("order.placed", buyer.pk)]


def test_a_refund_window_changes_for_later_sales_alone(product: Product, buyer: User) -> None:
    Product.objects.update(refund_days=30)
    order = place_order(product=product, user=buyer)

    Product.objects.update(refund_days=0)

    order.refresh_from_db()
    assert (order.refund_days, order.unpulled_refund_days) == (30, 14)


@pytest.mark.parametrize(
    ("factory", "refusal"),
    [
        pytest.param(DraftProductFactory, ProductNotOffered, id="draft"),
        pytest.param(FreeProductFactory, ProductIsFree, id="free"),
        pytest.param(lambda: ProductFactory(price=False), ProductNotOffered, id="without a price"),
        pytest.param(lambda: ProductFactory(state="withdrawn"), ProductNotOffered, id="withdrawn"),
        pytest.param(lambda: ProductFactory(state="suspended", suspension_reason="x"), ProductNotOffered, id="suspended"),
        pytest.param(
            lambda: ProductFactory(namespace__seller__suspended_at=timezone.now(), namespace__seller__suspension_reason="x"),
            ProductNotOffered,
            id="of a suspended seller",
        ),
        pytest.param(lambda: ProductFactory(namespace__seller__charges_enabled=False), SellerMayNotSell, id="Stripe takes no payments"),
        pytest.param(lambda: ProductFactory(namespace__seller__payouts_enabled=False), SellerMayNotSell, id="Stripe pays nothing out"),
        pytest.param(lambda: ProductFactory(namespace__seller__stripe_account_id=None), SellerMayNotSell, id="not connected"),
    ],
)
def test_what_is_not_for_sale_is_not_sold(factory, refusal, buyer: User) -> None:
    product = factory()

    with pytest.raises(refusal):
        place_order(product=product, user=buyer)

    assert not Order.objects.exists()


def test_what_was_taken_down_is_not_sold(product: Product, buyer: User) -> None:
    product.images.update(taken_down_at=timezone.now(), take_down_reason="Malware.")

    with pytest.raises(ProductNotOffered):
        place_order(product=product, user=buyer)

    assert not Order.objects.exists()


def test_an_image_that_staff_restored_after_it_was_emptied_is_not_sold_until_a_tag_is_pushed(product: Product, buyer: User) -> None:
    image, staff = product.images.get(), UserFactory(staff=True)
    take_down_image(image=image, reason="Malware.", actor=staff)
    remove_manifest(repository=image.repository, digest=image.manifests.get().digest)
    restore_image(image=image, reason="It was none.", actor=staff)

    with pytest.raises(ProductNotOffered):
        place_order(product=product, user=buyer)

    assert not Order.objects.exists()
    TagFactory(image=Image.objects.get())
    assert place_order(product=product, user=buyer).state == Order.State.PENDING


def test_what_is_emptied_while_it_is_being_paid_is_closed(product: Product, buyer: User) -> None:
    order = place_order(product=product, user=buyer)
    assert not orders_to_close().exists()

    remove_manifest(repository=product.images.get().repository, digest=product.images.get().manifests.get().digest)

    assert orders_to_close().get() == order


def test_nobody_buys_without_a_verified_address(product: Product) -> None:
    with pytest.raises(EmailNotVerified):
        place_order(product=product, user=UserFactory(verified=False))

    assert not Order.objects.exists()


def test_nobody_buys_from_themselves(product: Product) -> None:
    with pytest.raises(OwnProduct):
        place_order(product=product, user=person_of(product.seller))

    assert not Order.objects.exists()


def test_nobody_leaves_more_than_twenty_purchases_unpaid(product: Product, opened: Order, buyer: User) -> None:
    OrderFactory.create_batch(19, buyer=buyer.account, placed_by=buyer)
    another = ProductFactory(namespace=product.namespace)

    with pytest.raises(TooManyPendingOrders):
        place_order(product=another, user=buyer)

    assert Order.objects.filter(state="pending").count() == 20
    assert place_order(product=product, user=buyer) == opened  # what was begun goes on
    close_checkout(order_id=opened.pk)
    assert place_order(product=another, user=buyer).state == "pending"


@pytest.mark.parametrize("suspended", [False, True], ids=["in force", "suspended by a dispute"])
def test_what_is_held_is_not_sold_again(product: Product, buyer: User, *, suspended: bool) -> None:
    EntitlementFactory(holder=buyer.account, image=product.images.get(), suspended_at=timezone.now() if suspended else None)

    with pytest.raises(AlreadyOwned):
        place_order(product=product, user=buyer)

    assert not Order.objects.exists()


def test_what_was_revoked_is_sold_again(product: Product, buyer: User) -> None:
    EntitlementFactory(holder=buyer.account, image=product.images.get(), revoked=True)

    assert place_order(product=product, user=buyer).state == "pending"


def test_a_bundle_is_sold_to_who_holds_a_part_of_it(product: Product, buyer: User, seller: SellerProfile) -> None:
    namespace = NamespaceFactory(owner=seller.account)
    images = [PushedImageFactory(namespace=namespace), PushedImageFactory(namespace=namespace)]
    EntitlementFactory(holder=buyer.account, image=images[0])

    order = place_order(product=ProductFactory(namespace=namespace, images=images), user=buyer)

    assert order.images.count() == 2


def test_the_smallest_price_carries_no_fee(seller: SellerProfile, buyer: User, sandbox: Sandbox, settings) -> None:
    settings.LAYERSTORE_APPLICATION_FEE_PERCENT = 0
    product = ProductFactory(namespace=NamespaceFactory(owner=seller.account))
    order = place_order(product=product, user=buyer)
    open_checkout(order=order)
    order.refresh_from_db()
    sandbox.press(order)

    assert (reconcile_order(order_id=order.pk).state, order.application_fee) == ("paid", 0)


def test_an_order_of_the_factory_looks_like_one_of_the_service(opened: Order) -> None:
    made = OrderFactory()

    assert made.images.get().digests.keys() == opened.images.get().digests.keys()
    assert (made.application_fee, made.state) == (opened.application_fee, opened.state)
