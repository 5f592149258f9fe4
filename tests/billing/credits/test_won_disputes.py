"""A bank decides for the seller over a payment that was credited: nothing goes back, whatever later purchases contain the same."""

from collections.abc import Callable

import pytest

from accounts.people.models import User
from billing.orders.models import Order
from billing.payments.reconcile import reconcile_order
from billing.refunds.models import Refund
from marketplace.entitlements.models import Entitlement
from marketplace.entitlements.services.extending import extend_entitlements
from marketplace.products.models import Product
from tests.factories.marketplace import ProductFactory, PushedImageFactory
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("disputed", [0, 1], ids=["the first of three", "the second of three"])
def test_a_dispute_that_the_seller_wins_over_what_was_credited_gives_nothing_back(
    product: Product, buyer: User, buy: Callable[..., Order], sandbox: Sandbox, disputed: int
) -> None:
    images = [product.images.get(), *PushedImageFactory.create_batch(2, namespace=product.namespace)]
    larger = [ProductFactory(namespace=product.namespace, images=images[:n], price__amount=400 * n) for n in (2, 3)]
    orders = [reconcile_order(order_id=buy(one, buyer).pk) for one in (product, *larger)]
    assert [order.credit_amount for order in orders] == [0, 500, 800]
    dispute = sandbox.dispute(orders[disputed])
    assert reconcile_order(order_id=orders[disputed].pk).state == "disputed"

    sandbox.control(f"/disputes/{dispute}/win")
    after = reconcile_order(order_id=orders[disputed].pk)

    assert (after.state, after.refund_requested_amount, Refund.objects.count()) == ("paid", 0, 0)
    assert Entitlement.objects.in_force().count() == 1 + 2 + 3


def test_a_dispute_that_the_seller_wins_gives_nothing_back_though_what_was_credited_has_grown_to_hold_the_same(
    product: Product, buyer: User, buy: Callable[..., Order], sandbox: Sandbox
) -> None:
    added = PushedImageFactory(namespace=product.namespace)
    larger = ProductFactory(namespace=product.namespace, images=[product.images.get(), added], price__amount=800)
    earlier, later = (reconcile_order(order_id=buy(one, buyer).pk) for one in (product, larger))
    extend_entitlements(holder_id=buyer.account.pk, source_kind="order", source_id=earlier.pk, image=added)
    dispute = sandbox.dispute(later)
    assert reconcile_order(order_id=later.pk).state == "disputed"

    sandbox.control(f"/disputes/{dispute}/win")
    after = reconcile_order(order_id=later.pk)

    assert (after.state, after.refund_requested_amount, Refund.objects.count()) == ("paid", 0, 0)
    assert Entitlement.objects.in_force().count() == 2 + 2
