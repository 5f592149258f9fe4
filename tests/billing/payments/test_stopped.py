"""Stopping a seller, a product or an image closes the checkouts that are open; what is paid all the same goes back by itself."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.people.models import User
from accounts.sellers.services.sellers import reinstate_seller, suspend_seller
from audit.models import AuditEvent
from billing.checkout.placing import place_order
from billing.orders.models import Order
from billing.payments import tasks
from billing.payments.due import close_stopped_checkouts
from billing.payments.reconcile import reconcile_order
from billing.payments.refunding import continue_refund
from billing.refunds.models import Refund
from common.db.outages import outages
from marketplace.images.services.take_downs import take_down_image
from marketplace.products.models import Product
from marketplace.products.services.publishing import suspend_product, withdraw_product
from outbox.mail.models import OutgoingMail
from tests.billing.conftest import person_of
from tests.factories.accounts import UserFactory
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


def _suspend_seller(order: Order, staff: User) -> None:
    suspend_seller(seller=order.seller, reason="Fraud.", actor=staff)


def _suspend_product(order: Order, staff: User) -> None:
    suspend_product(product=order.product, reason="Fraud.", actor=staff)


def _take_down(order: Order, staff: User) -> None:
    take_down_image(image=order.product.images.get(), reason="Malware.", actor=staff)


def _withdraw(order: Order, _: User) -> None:
    withdraw_product(product=order.product, actor=person_of(order.seller))


STOPS = [
    pytest.param(_suspend_seller, "Paid too late. Its seller had been suspended.", id="seller suspended"),
    pytest.param(_suspend_product, "Paid too late. It had been taken off sale.", id="product suspended"),
    pytest.param(_take_down, "Paid too late. An image in it had been taken down.", id="image taken down"),
]
Stop = Callable[[Order, User], None]


@pytest.fixture
def staff(transactional_db: None) -> User:
    return UserFactory(staff=True)


@pytest.mark.parametrize("stop", [*(stop.values[0] for stop in STOPS), _withdraw], ids=lambda stop: stop.__name__)
def test_stopping_closes_the_checkouts_that_are_open(stop: Stop, opened: Order, staff: User, sandbox: Sandbox) -> None:
    assert tasks.close_stopped_checkouts() == 0
    stop(opened, staff)

    assert tasks.close_stopped_checkouts() == 1

    opened.refresh_from_db()
    assert (opened.state, opened.checkout_url, sandbox.session_of(opened)["status"]) == ("expired", "", "expired")
    assert AuditEvent.objects.get(action="order.expired").reason.startswith("It can no longer be bought")
    assert sandbox.http.post(f"/sandbox/api/sessions/{opened.checkout_session_id}/pay", json={}).status_code == 400
    assert tasks.close_stopped_checkouts() == 0


def test_stopping_ends_an_order_that_has_no_session_yet(product: Product, buyer: User, staff: User, sandbox: Sandbox) -> None:
    order = place_order(product=product, user=buyer)
    _suspend_seller(order, staff)

    assert tasks.close_stopped_checkouts() == 1

    order.refresh_from_db()
    assert (order.state, order.checkout_session_id) == ("expired", None)


@pytest.mark.parametrize(("stop", "why"), STOPS)
def test_what_is_paid_all_the_same_goes_back_whole_once_and_the_buyer_is_told(
    stop: Stop, why: str, opened: Order, buyer: User, staff: User, sandbox: Sandbox, holds
) -> None:
    stop(opened, staff)
    sandbox.press(opened)

    for _ in range(2):
        tasks.close_stopped_checkouts()
        reconcile_order(order_id=opened.pk)
    for _ in range(2):
        continue_refund(refund_id=Refund.objects.get().pk)

    refund, mail = Refund.objects.get(), OutgoingMail.objects.get()
    opened.refresh_from_db()
    assert (opened.state, opened.refunded_amount, refund.state, refund.amount, refund.reason) == ("refunded", 500, "succeeded", 500, why)
    assert (holds(buyer), mail.to, mail.key) == ([], opened.email, f"refund:{refund.pk}")
    assert f"Why: {why} This payment added nothing to your library." in mail.body_text
    transfer = sandbox.get("/transfers")["data"][0]
    assert (transfer["amount_reversed"], transfer["destination"]) == (500, opened.destination_account_id)
    assert AuditEvent.objects.get(action="order.refunded").reason == why


def test_a_bank_debit_that_settles_after_the_stop_goes_back(opened: Order, staff: User, sandbox: Sandbox) -> None:
    sandbox.press(opened, "pay-later")
    _suspend_seller(opened, staff)
    tasks.close_stopped_checkouts()
    assert reconcile_order(order_id=opened.pk).state == "pending"
    assert tasks.close_stopped_checkouts() == 0

    sandbox.press(opened, "settle")

    assert (reconcile_order(order_id=opened.pk).state, Refund.objects.get().amount) == ("refunded", 500)


def test_what_was_paid_and_heard_of_before_the_stop_stays_sold(paid: Order, buyer: User, staff: User, sandbox: Sandbox, holds) -> None:
    _suspend_seller(paid, staff)

    assert tasks.close_stopped_checkouts() == 0

    assert (reconcile_order(order_id=paid.pk).state, len(holds(buyer)), Refund.objects.count()) == ("paid", 1, 0)


def test_a_flagged_checkout_is_closed_as_well(opened: Order, staff: User, sandbox: Sandbox) -> None:
    Order.objects.update(flagged_at=timezone.now(), flag="Look.", amount=400)
    _suspend_seller(opened, staff)

    assert tasks.close_stopped_checkouts() == 1

    opened.refresh_from_db()
    assert (opened.state, opened.checkout_url, sandbox.session_of(opened)["status"]) == ("pending", "", "expired")
    assert tasks.close_stopped_checkouts() == 0


def test_while_stripe_is_away_a_checkout_to_close_keeps_its_turn(opened: Order, staff: User, sandbox: Sandbox) -> None:
    _suspend_seller(opened, staff)
    sandbox.fail("/v1/checkout/sessions")
    assert [tasks.close_stopped_checkouts(), tasks.close_stopped_checkouts()] == [1, 0]
    opened.refresh_from_db()
    assert (opened.state, opened.attempts) == ("pending", 1)
    assert not outages().exists()
    sandbox.mend()
    Order.objects.update(due_at=timezone.now() - timedelta(seconds=1))

    assert close_stopped_checkouts() == 1

    opened.refresh_from_db()
    assert opened.state == "expired"


def test_a_seller_who_is_reinstated_before_the_sweep_keeps_the_checkout(opened: Order, staff: User, sandbox: Sandbox) -> None:
    _suspend_seller(opened, staff)
    reinstate_seller(seller=opened.seller, reason="A mistake.", actor=staff)

    assert tasks.close_stopped_checkouts() == 0

    sandbox.press(opened)
    assert reconcile_order(order_id=opened.pk).state == "paid"


def test_the_seller_sees_what_went_back(opened: Order, staff: User, sandbox: Sandbox, client: Any) -> None:
    sandbox.press(opened)
    _suspend_product(opened, staff)
    reconcile_order(order_id=opened.pk)
    client.force_login(person_of(opened.seller))

    page = client.get("/selling/orders/").content.decode()

    assert opened.number in page
    assert "Refunded" in page
