"""A purchase ends while its seller gives it an image, and two purchases want the same credit, at the same moment, on the real database."""

import threading

import pytest
from django.db import connection

from billing.checkout.placing import place_order
from billing.credits.models import Credit
from billing.orders.models import Order
from common.db.locking import locked_transaction
from marketplace.entitlements.models import Entitlement
from marketplace.entitlements.services.extending import extend_entitlements
from marketplace.entitlements.services.grants import revoke_entitlements
from tests.factories.accounts import UserFactory
from tests.factories.billing import PaidOrderFactory
from tests.factories.marketplace import ProductFactory, PushedImageFactory
from tests.support.threads import run_in_threads

pytestmark = pytest.mark.django_db(transaction=True)


def wait_for_somebody_who_waits() -> None:
    with connection.cursor() as cursor:
        for _ in range(1_000):
            cursor.execute("SELECT pg_sleep(0.01) FROM pg_locks WHERE NOT granted LIMIT 1")
            if cursor.fetchone():
                return
            cursor.execute("SELECT pg_sleep(0.005)")
    raise AssertionError


def test_what_is_given_while_a_purchase_ends_ends_with_it() -> None:
    order, image, given = PaidOrderFactory(), PushedImageFactory(), threading.Event()

    def give_or_end(number: int) -> None:
        if number:
            given.wait(timeout=30)
            revoke_entitlements(source_kind=Entitlement.Source.ORDER, source_id=order.pk, reason="Refunded.")
            return
        with locked_transaction():
            extend_entitlements(holder_id=order.buyer_id, source_kind="order", source_id=order.pk, image=image)
            given.set()
            wait_for_somebody_who_waits()  # the refund has looked for what to end, and has not seen what is given

    assert run_in_threads(2, give_or_end) == [None, None]

    assert Entitlement.objects.filter(source_id=order.pk).count() == 2
    assert not Entitlement.objects.filter(source_id=order.pk, revoked_at=None).exists()


def test_of_two_purchases_at_once_one_gets_the_credit() -> None:
    one = ProductFactory()
    user, image = UserFactory(), one.images.get()
    PaidOrderFactory(product=one, placed_by=user)
    bundles = [
        ProductFactory(namespace=one.namespace, images=[image, PushedImageFactory(namespace=one.namespace)], price__amount=1_000)
        for _ in range(2)
    ]

    orders = run_in_threads(2, lambda number: place_order(product=bundles[number], user=user))

    assert sorted(order.credit_amount for order in orders) == [0, 500]
    assert (Credit.objects.count(), Order.objects.filter(state="pending").count()) == (1, 2)
