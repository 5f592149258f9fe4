"""A bank that took the money back decides for the seller after all: by one act of staff the order counts again."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.people.models import User
from audit.errors import ReasonMissing
from audit.models import AuditEvent
from billing.disputes.models import Dispute
from billing.gifts.models import OrderGift
from billing.invoices.models import Document
from billing.ledger.models import LedgerEntry
from billing.orders.errors import OrderNotWonBack
from billing.orders.models import Order
from billing.payments.honouring import honour_again
from billing.payments.reconcile import reconcile_order
from billing.subscriptions.models import Subscription
from common.money import Money
from marketplace.entitlements.models import Entitlement
from marketplace.images.models import Image
from marketplace.products.models import Price, Product
from marketplace.products.services.prices import set_price
from outbox.mail.models import OutgoingMail
from tests.billing.conftest import person_of
from tests.factories.billing import DisputeFactory, PaidOrderFactory
from tests.factories.marketplace import ProductFactory, PushedImageFactory
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


def win_after_all(order: Order, sandbox: Sandbox) -> Order:
    """The decision is appealed, and the bank thinks better of it."""
    dispute = order.disputes.get()
    for verdict in ("appeal", "win"):
        sandbox.control(f"/disputes/{dispute.pk}/{verdict}")
    return reconcile_order(order_id=order.pk)


def test_staff_give_access_back_after_an_appeal_that_was_won(
    lost: Order, buyer: User, staff: User, sandbox: Sandbox, holds: Callable[..., list[str]]
) -> None:
    won = win_after_all(lost, sandbox)
    assert (won.state, holds(buyer), won.flag) == ("charged_back", [], "The order is charged back, and Stripe says paid.")
    client = Client()
    client.force_login(staff)
    form = {
        "action": "honour_again",
        "index": "0",
        "_selected_action": [str(lost.pk)],
        "act_confirmed": "yes",
        "reason": "The appeal was won.",
    }

    assert client.post("/admin/billing/order/", form).status_code == 302

    after = reconcile_order(order_id=lost.pk)
    assert (after.state, after.closed_at, holds(buyer)) == ("paid", None, [lost.images.get().repository])
    event = AuditEvent.objects.get(action="order.honoured_again")
    assert (event.actor, event.reason) == (staff, "The appeal was won.")
    assert OutgoingMail.objects.filter(to=buyer.email, subject="The dispute about Postgres HA has ended").count() == 1
    assert sum(LedgerEntry.objects.values_list("amount", flat=True)) == 0
    assert sum(Document.objects.values_list("amount", flat=True)) == 500


def test_what_ended_in_a_later_purchase_comes_back_and_what_was_taken_for_another_reason_does_not(
    product: Product, buyer: User, buy: Callable[..., Order], sandbox: Sandbox, staff: User, holds: Callable[..., list[str]]
) -> None:
    images = [product.images.get(), *PushedImageFactory.create_batch(2, namespace=product.namespace)]
    larger = ProductFactory(namespace=product.namespace, images=images[:2], price__amount=800)
    earlier, later = (reconcile_order(order_id=buy(one, buyer).pk) for one in (product, larger))
    alone = Entitlement.objects.create(
        holder=buyer.account,
        image=images[2],
        source_kind="order",
        source_id=earlier.pk,
        revoked_at=timezone.now(),
        revocation_reason="Abuse.",
    )
    dispute = sandbox.dispute(earlier)
    sandbox.control(f"/disputes/{dispute}/lose")
    assert reconcile_order(order_id=earlier.pk).state == "charged_back"
    assert holds(buyer) == [images[1].repository]
    win_after_all(earlier, sandbox)

    honour_again(order=earlier, reason="The appeal was won.", actor=staff)

    assert holds(buyer) == sorted([images[0].repository, images[0].repository, images[1].repository])
    assert (Order.objects.get(pk=later.pk).state, Entitlement.objects.filter(image=alone.image).count()) == ("paid", 1)


def test_a_later_purchase_that_went_back_itself_gives_nothing_again(
    product: Product, buyer: User, buy: Callable[..., Order], sandbox: Sandbox, staff: User, holds: Callable[..., list[str]]
) -> None:
    images: list[Image] = [product.images.get(), PushedImageFactory(namespace=product.namespace)]
    larger = ProductFactory(namespace=product.namespace, images=images, price__amount=800)
    earlier, later = (reconcile_order(order_id=buy(one, buyer).pk) for one in (product, larger))
    for order in (later, earlier):
        dispute = sandbox.dispute(order)
        sandbox.control(f"/disputes/{dispute}/lose")
        reconcile_order(order_id=order.pk)
    win_after_all(earlier, sandbox)

    honour_again(order=earlier, reason="The appeal was won.", actor=staff)

    assert holds(buyer) == [images[0].repository]


def test_a_period_that_was_won_back_can_be_pulled_to_its_end(
    product: Product, buyer: User, buy: Callable[..., Order], sandbox: Sandbox, staff: User, holds: Callable[..., list[str]], seller: Any
) -> None:
    set_price(product=product, money=Money(1900, "eur"), actor=person_of(seller), interval=Price.Interval.MONTH)
    order = reconcile_order(order_id=buy(product, buyer).pk)
    dispute = str(sandbox.control(f"/charges/{order.payment_intent_id}/dispute")["id"])
    sandbox.control(f"/disputes/{dispute}/lose")
    assert (reconcile_order(order_id=order.pk).state, holds(buyer)) == ("charged_back", [])
    win_after_all(order, sandbox)

    honour_again(order=order, reason="The appeal was won.", actor=staff)

    after = Subscription.objects.get()
    assert (len(holds(buyer)), after.access_until, after.end_wanted_at is not None) == (1, order.period_end, True)


def test_an_order_of_which_a_part_went_back_counts_as_that(staff: User) -> None:
    order = PaidOrderFactory(state="charged_back", refunded_amount=100, closed_at=timezone.now())
    DisputeFactory(order=order, status="won")

    assert honour_again(order=order, reason="The appeal was won.", actor=staff).state == "partially_refunded"


@pytest.mark.parametrize("status", ["lost", "appeal_under_review", "odd"])
def test_what_its_bank_has_not_decided_for_the_seller_stays_charged_back(staff: User, status: str) -> None:
    order = PaidOrderFactory(state="charged_back", closed_at=timezone.now())
    DisputeFactory(order=order, status=status)

    with pytest.raises(OrderNotWonBack):
        honour_again(order=order, reason="It was won.", actor=staff)

    assert (Order.objects.get().state, AuditEvent.objects.filter(action="order.honoured_again").count()) == ("charged_back", 0)


def test_a_paid_order_a_gift_and_no_reason_are_refused(staff: User, lost: Order, sandbox: Sandbox) -> None:
    won = win_after_all(lost, sandbox)
    with pytest.raises(OrderNotWonBack):
        honour_again(order=PaidOrderFactory(), reason="Won.", actor=staff)
    with pytest.raises(ReasonMissing):
        honour_again(order=won, reason=" ", actor=staff)
    OrderGift.objects.create(order=won)
    with pytest.raises(OrderNotWonBack):
        honour_again(order=won, reason="Won.", actor=staff)

    assert (Order.objects.get(pk=won.pk).state, Dispute.objects.get().status) == ("charged_back", "won")
