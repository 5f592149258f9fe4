"""What a buyer's bank says."""

import pytest
from django.utils import timezone

from accounts.models import OutgoingMail, User
from billing.errors import OrderNotRefundable
from billing.models import Order, Refund
from billing.services.orders import complete_order
from billing.services.refunds import request_refund
from marketplace.models import Entitlement, Product
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import ProductFactory
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_dispute_suspends_and_winning_it_restores(paid: Order, buyer: User, sandbox: Sandbox, holds) -> None:
    dispute = sandbox.dispute(paid)
    assert complete_order(order_id=paid.pk).state == "disputed"
    assert holds(buyer) == []
    assert Entitlement.objects.get().suspended_at is not None

    sandbox.control(f"/disputes/{dispute}/win")

    order = complete_order(order_id=paid.pk)
    assert (order.state, order.flagged_at, len(holds(buyer))) == ("paid", None, 1)


def test_losing_a_dispute_revokes(paid: Order, buyer: User, sandbox: Sandbox, holds) -> None:
    dispute = sandbox.dispute(paid)
    complete_order(order_id=paid.pk)
    sandbox.control(f"/disputes/{dispute}/lose")

    order = complete_order(order_id=paid.pk)

    assert (order.state, order.closed_at is not None, holds(buyer)) == ("charged_back", True, [])
    assert Entitlement.objects.get().revocation_reason == "The buyer's bank took the money back."
    assert order.flag == "The dispute is lost: take the transfer back from the seller."


@pytest.mark.parametrize(
    ("verdict", "state", "held"),
    [pytest.param("win", "paid", 1, id="won"), pytest.param("lose", "charged_back", 0, id="lost")],
)
def test_a_dispute_that_is_closed_before_we_hear_of_it(paid: Order, buyer: User, sandbox: Sandbox, holds, verdict, state, held) -> None:
    dispute = sandbox.dispute(paid)
    sandbox.control(f"/disputes/{dispute}/{verdict}")

    assert complete_order(order_id=paid.pk).state == state
    assert len(holds(buyer)) == held


def test_a_payment_that_is_disputed_when_we_first_hear_of_it(opened: Order, buyer: User, sandbox: Sandbox, holds) -> None:
    sandbox.press(opened)
    dispute = sandbox.dispute(opened)

    order = complete_order(order_id=opened.pk)

    assert (order.state, order.paid_at is not None, holds(buyer)) == ("disputed", True, [])
    assert OutgoingMail.objects.get().key == f"receipt:{order.pk}"
    sandbox.control(f"/disputes/{dispute}/win")
    complete_order(order_id=opened.pk)
    assert len(holds(buyer)) == 1


def test_a_dispute_won_after_a_second_payment_gives_the_first_one_back(product: Product, buyer: User, buy, sandbox, holds) -> None:
    twin = ProductFactory(namespace=product.namespace, images=[product.images.get()])
    first, second = buy(product, buyer), buy(twin, buyer)
    dispute = sandbox.dispute(first)
    states = [complete_order(order_id=order.pk).state for order in (second, first)]
    assert (states, len(holds(buyer))) == (["paid", "disputed"], 1)
    sandbox.control(f"/disputes/{dispute}/win")

    order = complete_order(order_id=first.pk)

    assert (order.state, Refund.objects.get().order, len(holds(buyer))) == ("refunded", first, 1)
    assert Entitlement.objects.get(source_id=first.pk).revoked_at is not None


def test_a_dispute_won_after_a_take_down_is_the_seller_s(paid: Order, sandbox: Sandbox) -> None:
    dispute = sandbox.dispute(paid)
    complete_order(order_id=paid.pk)
    paid.product.images.update(taken_down_at=timezone.now(), take_down_reason="Malware.")
    sandbox.control(f"/disputes/{dispute}/win")

    assert complete_order(order_id=paid.pk).state == "paid"
    assert not Refund.objects.exists()


def test_what_is_disputed_is_not_refunded(paid: Order, sandbox: Sandbox) -> None:
    sandbox.dispute(paid)
    order = complete_order(order_id=paid.pk)

    with pytest.raises(OrderNotRefundable):
        request_refund(order=order, amount=None, reason="x", actor=UserFactory(staff=True))
