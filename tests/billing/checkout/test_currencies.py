"""What can be priced can be charged, and given back: the shop's table and the sandbox's rules are two readings of Stripe's."""

from typing import Any

import pytest

from accounts.sellers.models import SellerProfile
from billing.checkout.opening import open_checkout
from billing.checkout.placing import place_order
from billing.orders.models import Order
from billing.payments.reconcile import reconcile_order
from billing.payments.refunding import continue_refund
from billing.refunds.errors import RefundNotWhole
from billing.refunds.models import Refund
from billing.refunds.services import request_refund
from common.currencies import CURRENCIES, currency
from common.money import Money
from tests.factories.accounts import UserFactory
from tests.factories.billing import PaidOrderFactory
from tests.factories.marketplace import NamespaceFactory, PriceFactory, ProductFactory
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("code", CURRENCIES)
def test_the_smallest_amount_of_each_currency_is_charged_and_our_part_of_an_odd_one(code: str, seller: SellerProfile) -> None:
    row = currency(code)
    for amount in (row.smallest_charge, row.smallest_price + 7 * row.step):
        product = ProductFactory(namespace=NamespaceFactory(owner=seller.account), price=False)
        PriceFactory(product=product, amount=amount, currency=code)

        order = place_order(product=product, user=UserFactory())

        assert open_checkout(order=order).startswith("http://127.0.0.1")
        assert order.application_fee % row.step == 0


def test_an_amount_between_two_steps_of_its_currency_is_not_refunded() -> None:
    order = PaidOrderFactory(amount=50_000, currency="isk", application_fee=5_000)

    with pytest.raises(RefundNotWhole):
        request_refund(order=order, amount=Money(12_50, "isk"), reason="x", actor=UserFactory(staff=True))

    assert not Refund.objects.exists()


def test_a_multiple_of_the_step_is_refunded(seller: SellerProfile, sandbox: Sandbox) -> None:
    product = ProductFactory(namespace=NamespaceFactory(owner=seller.account), price=False)
    PriceFactory(product=product, amount=50_000, currency="isk")
    order: Any = place_order(product=product, user=UserFactory())
    open_checkout(order=order)
    order.refresh_from_db()
    sandbox.press(order)
    reconcile_order(order_id=order.pk)

    refund = request_refund(order=order, amount=Money(12_00, "isk"), reason="x", actor=UserFactory(staff=True))

    assert continue_refund(refund_id=refund.pk).state == "succeeded"
    assert Order.objects.get().refunded_amount == 12_00
