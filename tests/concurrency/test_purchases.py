"""Buying, hearing of payments and giving money back, all at the same moment, on the real database."""

import json
import threading
from typing import Any

import pytest

from accounts.organisations.errors import NoSuchOrganisation
from accounts.organisations.models import Membership, Role
from accounts.people.models import User
from accounts.sellers.models import SellerProfile
from accounts.sellers.services.sellers import suspend_seller
from audit.models import AuditEvent
from billing.checkout.opening import open_checkout
from billing.checkout.placing import MOST_PENDING, place_order
from billing.inbox.due import handle_due_events
from billing.inbox.models import StripeEvent
from billing.inbox.services import handle_event
from billing.orders.errors import SellerMayNotSell
from billing.orders.models import Order
from billing.payments.due import close_stopped_checkouts, settle_due_orders
from billing.payments.reconcile import reconcile_order
from billing.payments.refunding import continue_refund
from billing.refunds.errors import OrderNotRefundable, RefundOutOfRange
from billing.refunds.models import Refund
from billing.refunds.services import request_refund
from billing.stripe.payments import read_payment
from common.money import Money
from marketplace.entitlements.models import Entitlement
from marketplace.products.errors import ProductNotOffered
from marketplace.products.models import Product
from outbox.mail.models import OutgoingMail
from tests.billing.conftest import buy, buyer, holds, opened, paid, product, seller
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.billing import OrderFactory, StripeEventFactory
from tests.factories.marketplace import NamespaceFactory, ProductFactory
from tests.support.sandbox import Sandbox, post_webhook, sandbox, sandbox_process
from tests.support.threads import run_in_threads

__all__ = ["buy", "buyer", "holds", "opened", "paid", "product", "sandbox", "sandbox_process", "seller"]

pytestmark = pytest.mark.django_db(transaction=True)


def purchase(product: Product, buyer: User) -> str:
    return open_checkout(order=place_order(product=product, user=buyer))


def in_the_books(order: Order) -> list[str]:
    return sorted(order.ledger_transactions.values_list("kind", flat=True))


def test_a_double_click_makes_one_order_and_one_checkout(product: Product, buyer: User, sandbox: Sandbox) -> None:
    urls = run_in_threads(8, lambda: purchase(product, buyer))

    order = Order.objects.get()
    assert set(urls) == {order.checkout_url}
    made = [found for found in sandbox.get("/checkout/sessions", limit=100)["data"] if found["client_reference_id"] == str(order.pk)]
    assert [session["id"] for session in made] == [order.checkout_session_id]


def test_twenty_buyers_get_an_order_each(product: Product) -> None:
    users = [UserFactory() for _ in range(20)]

    orders = run_in_threads(20, lambda number: place_order(product=product, user=users[number]))

    assert {type(order) for order in orders} == {Order}
    assert Order.objects.filter(state="pending").values("buyer").distinct().count() == 20


def test_of_many_purchases_begun_at_once_no_more_are_left_unpaid_than_one_may(seller: SellerProfile, buyer: User) -> None:
    OrderFactory.create_batch(MOST_PENDING - 2, buyer=buyer.account, placed_by=buyer)
    products = ProductFactory.create_batch(6, namespace=NamespaceFactory(owner=seller.account))

    outcomes = run_in_threads(6, lambda number: place_order(product=products[number], user=buyer))

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Order"] * 2 + ["TooManyPendingOrders"] * 4
    assert Order.objects.filter(state="pending").count() == MOST_PENDING


def test_colleagues_who_buy_for_one_organisation_at_once_share_one_order_and_one_checkout(product: Product, sandbox: Sandbox) -> None:
    team = OrganisationFactory()
    colleagues = [MembershipFactory(account=team, role=role).user for role in (Role.OWNER, Role.BILLING) * 3]

    urls = run_in_threads(6, lambda number: open_checkout(order=place_order(product=product, user=colleagues[number], buyer=team)))

    order = Order.objects.get()
    assert set(urls) == {order.checkout_url}
    assert (order.buyer, order.placed_by in colleagues) == (team, True)


def test_who_is_removed_while_they_buy_has_bought_before_or_is_refused(product: Product) -> None:
    for _ in range(5):
        membership = MembershipFactory()

        def buy_or_remove(number: int, membership: Membership = membership) -> Any:
            if number:
                return Membership.objects.filter(pk=membership.pk).delete()
            return place_order(product=product, user=membership.user, buyer=membership.account)

        bought, _removed = run_in_threads(2, buy_or_remove)

        assert isinstance(bought, Order | NoSuchOrganisation)
        assert Order.objects.filter(buyer=membership.account).count() == isinstance(bought, Order)


def test_return_page_webhook_and_sweep_at_once_complete_once(opened: Order, sandbox: Sandbox, buyer: User, holds) -> None:
    sandbox.press(opened)
    event_id = sandbox.deliver("checkout.session.completed", opened.checkout_session_id)

    def hear(number: int) -> Any:
        return handle_event(event_id=event_id) if number % 2 else reconcile_order(order_id=opened.pk)

    run_in_threads(6, hear)

    opened.refresh_from_db()
    assert (opened.state, len(holds(buyer)), OutgoingMail.objects.count()) == ("paid", 1, 1)
    assert AuditEvent.objects.filter(action="order.paid").count() == 1
    assert in_the_books(opened) == ["application_fee", "charge", "transfer"]


def test_one_event_delivered_and_handled_twenty_times_at_once_has_one_effect(opened: Order, sandbox: Sandbox, buyer: User, holds) -> None:
    sandbox.press(opened)
    event = sandbox.events("checkout.session.completed", str(opened.checkout_session_id))[-1]
    payload = json.dumps(event).encode()

    answers = run_in_threads(20, lambda: post_webhook(payload))
    outcomes = run_in_threads(20, lambda: handle_event(event_id=event["id"]))

    assert answers == [204] * 20
    assert {type(outcome) for outcome in outcomes} == {StripeEvent}
    opened.refresh_from_db()
    assert (StripeEvent.objects.count(), opened.state) == (1, "paid")
    assert (len(holds(buyer)), Entitlement.objects.count(), OutgoingMail.objects.count()) == (1, 1, 1)
    assert AuditEvent.objects.filter(action="order.paid").count() == 1


def test_different_events_of_one_order_at_once_end_in_the_truth(opened: Order, sandbox: Sandbox, buyer: User, holds) -> None:
    sandbox.press(opened)
    sandbox.refund(opened, amount=200, reverse_transfer="true", refund_application_fee="true")
    intent = sandbox.session_of(opened)["payment_intent"]
    about = {"checkout.session.completed": str(opened.checkout_session_id), "charge.refunded": intent, "refund.updated": intent}
    events = [sandbox.deliver(kind, thing) for kind, thing in about.items()]

    run_in_threads(3, lambda number: handle_event(event_id=events[number]))

    opened.refresh_from_db()
    assert (opened.state, opened.refunded_amount, opened.flagged_at) == ("partially_refunded", 200, None)
    assert (len(holds(buyer)), Refund.objects.count()) == (1, 1)
    assert StripeEvent.objects.filter(handled_at=None).count() == 0


def test_two_payments_for_the_same_images_at_once_keep_one_and_give_one_back(product: Product, buyer: User, buy, holds) -> None:
    twin = ProductFactory(namespace=product.namespace, images=[product.images.get()])
    orders = [buy(product, buyer), buy(twin, buyer)]

    done = run_in_threads(2, lambda number: reconcile_order(order_id=orders[number].pk))

    assert sorted(order.state for order in done) == ["paid", "refunded"]
    assert len(holds(buyer)) == 1
    refund = Refund.objects.get()
    continue_refund(refund_id=refund.pk)
    refund.refresh_from_db()
    assert (refund.state, refund.amount, refund.order.state) == ("succeeded", 500, "refunded")
    assert len(holds(buyer)) == 1
    (kept,) = (order for order in orders if order.pk != refund.order_id)
    assert in_the_books(kept) == ["application_fee", "charge", "transfer"]
    assert "refund" in in_the_books(refund.order)


def test_refunds_asked_for_at_once_never_exceed_the_payment(paid: Order, sandbox: Sandbox) -> None:
    staff = UserFactory(staff=True)

    outcomes = run_in_threads(8, lambda: request_refund(order=paid, amount=Money(200, "eur"), reason="x", actor=staff))

    assert [type(outcome) for outcome in outcomes].count(Refund) == 2
    assert {type(outcome) for outcome in outcomes} <= {Refund, RefundOutOfRange, OrderNotRefundable}
    run_in_threads(2, lambda number: continue_refund(refund_id=Refund.objects.order_by("pk")[number].pk))
    order = reconcile_order(order_id=paid.pk)
    assert (order.refunded_amount, order.refund_requested_amount, order.state) == (400, 400, "partially_refunded")


def test_one_refund_continued_by_several_workers_gives_money_once(paid: Order, sandbox: Sandbox) -> None:
    refund = request_refund(order=paid, amount=Money(200, "eur"), reason="x", actor=UserFactory(staff=True))

    run_in_threads(4, lambda: continue_refund(refund_id=refund.pk))

    assert len(sandbox.get("/refunds", payment_intent=paid.payment_intent_id)["data"]) == 1
    assert reconcile_order(order_id=paid.pk).refunded_amount == 200
    assert OutgoingMail.objects.filter(key__startswith="refund:").count() == 1


def test_an_older_answer_of_stripe_never_overwrites_a_newer_one(paid: Order, sandbox: Sandbox, buyer: User, holds, monkeypatch) -> None:
    dispute = sandbox.dispute(paid)
    fetched, newer_is_written = threading.Event(), threading.Event()
    read = read_payment

    def slow_first_answer(session_id: str) -> Any:
        payment = read(session_id)
        if not fetched.is_set():
            fetched.set()
            assert newer_is_written.wait(timeout=30)
        return payment

    monkeypatch.setattr("billing.payments.observation.read_payment", slow_first_answer)

    def act(number: int) -> Order:
        if number == 0:
            return reconcile_order(order_id=paid.pk)
        assert fetched.wait(timeout=30)
        sandbox.control(f"/disputes/{dispute}/win")
        order = reconcile_order(order_id=paid.pk)
        newer_is_written.set()
        return order

    states = [order.state for order in run_in_threads(2, act)]

    paid.refresh_from_db()
    assert (states, paid.state, len(holds(buyer))) == (["paid", "paid"], "paid", 1)


def test_a_seller_who_is_suspended_meanwhile_sells_before_or_not_at_all(product: Product, seller: SellerProfile) -> None:
    staff = UserFactory(staff=True)
    users = [UserFactory() for _ in range(6)]

    def act(number: int) -> Any:
        if number == 0:
            return suspend_seller(seller=seller, reason="x", actor=staff)
        return place_order(product=product, user=users[number - 1])

    outcomes = run_in_threads(7, act)

    assert {type(outcome) for outcome in outcomes[1:]} <= {Order, ProductNotOffered, SellerMayNotSell}
    with pytest.raises(ProductNotOffered):
        place_order(product=product, user=UserFactory())


def test_a_payment_that_meets_a_stop_is_kept_whole_or_goes_back_whole(product: Product, sandbox: Sandbox, buy, holds) -> None:
    staff = UserFactory(staff=True)
    buyers = [UserFactory() for _ in range(4)]
    orders = [buy(product, user) for user in buyers]

    def act(number: int) -> Any:
        if number == 0:
            return suspend_seller(seller=product.seller, reason="Fraud.", actor=staff)
        return reconcile_order(order_id=orders[number - 1].pk) if number < 5 else close_stopped_checkouts()

    run_in_threads(6, act)
    for order in orders:
        reconcile_order(order_id=order.pk)

    for order, user in zip(orders, buyers, strict=True):
        order.refresh_from_db()
        refunds = list(Refund.objects.filter(order=order).values_list("amount", flat=True))
        assert (order.state, len(holds(user)), refunds) in [("paid", 1, []), ("refunded", 0, [500])]
    paid_after_the_stop = AuditEvent.objects.filter(action="order.paid", pk__gt=AuditEvent.objects.get(action="seller.suspended").pk)
    assert not paid_after_the_stop.exists()


def test_two_sweeps_at_once_never_take_the_same_row(sandbox: Sandbox) -> None:
    for _ in range(5):
        StripeEventFactory()
        OrderFactory(due_at="2026-01-01T00:00:00Z")

    tried = run_in_threads(4, lambda number: handle_due_events() if number % 2 else settle_due_orders())

    assert sum(tried) == 10
    assert set(StripeEvent.objects.values_list("attempts", flat=True)) == {1}
    assert set(Order.objects.values_list("attempts", flat=True)) == {1}
