"""Events that fail alike mean that Stripe is away if they are several people's; those of one buyer never do, whatever they are about."""

from collections.abc import Callable

import pytest

from billing.inbox.due import handle_due_events
from billing.inbox.selectors import origin_of_event
from billing.ledger.models import LedgerTransaction
from billing.orders.models import Order
from common.db.outages import outages
from tests.factories.billing import (
    DisputeFactory,
    OrderFactory,
    PaidOrderFactory,
    RefundFactory,
    StripeEventFactory,
    SubscriptionFactory,
)
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)

OF_AN_ORDER: dict[str, Callable[[Order], object]] = {
    "a session": lambda order: order.checkout_session_id,
    "an invoice": lambda order: order.invoice_id,
    "a dispute": lambda order: DisputeFactory(order=order).pk,
    "a refund": lambda order: RefundFactory(order=order, stripe_refund_id="re_1").stripe_refund_id,
}


@pytest.mark.parametrize("key_of", OF_AN_ORDER.values(), ids=OF_AN_ORDER)
def test_what_an_order_names_is_its_buyers(key_of: Callable[[Order], object]) -> None:
    order = PaidOrderFactory(invoice_id="in_1")

    assert origin_of_event(StripeEventFactory(object_id=key_of(order))) == order.buyer_id


def test_a_charge_that_is_in_the_books_is_its_buyers(paid: Order) -> None:
    charge = LedgerTransaction.objects.get(order=paid, kind="charge").stripe_source_id

    assert origin_of_event(StripeEventFactory(type="charge.refunded", object_id=charge)) == paid.buyer_id


def test_a_subscription_is_its_buyers_and_what_happens_on_an_account_is_that_accounts() -> None:
    subscription = SubscriptionFactory()

    assert origin_of_event(StripeEventFactory(object_id=subscription.stripe_subscription_id)) == subscription.buyer_id
    assert origin_of_event(StripeEventFactory(account_id="acct_1", object_id="po_1")) == "acct_1"


def test_events_of_one_buyer_never_count_as_an_outage_of_stripe(sandbox: Sandbox) -> None:
    first = OrderFactory()
    orders = [first, *OrderFactory.create_batch(3, placed_by=first.placed_by)]
    for order in orders:
        StripeEventFactory(object_id=order.checkout_session_id)
    sandbox.fail("/v1/checkout/sessions", times=1000)

    assert handle_due_events() == 4

    assert not outages().exists()


def test_events_of_nobody_whom_we_know_never_count_as_an_outage_of_stripe(sandbox: Sandbox) -> None:
    StripeEventFactory.create_batch(4)
    sandbox.fail("/v1/checkout/sessions", times=1000)

    assert handle_due_events() == 4

    assert not outages().exists()


def test_events_of_several_buyers_that_fail_alike_mean_that_stripe_is_away(sandbox: Sandbox) -> None:
    for order in OrderFactory.create_batch(4):
        StripeEventFactory(object_id=order.checkout_session_id)
    sandbox.fail("/v1/checkout/sessions", times=1000)

    assert handle_due_events() == 3

    assert [outage.dependency for outage in outages()] == ["stripe"]
