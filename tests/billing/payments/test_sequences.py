"""Whatever happens, in whatever order we hear of it: what a buyer holds follows from their orders, and money adds up."""

from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.people.models import User
from billing.checkout.opening import open_checkout
from billing.checkout.placing import place_order
from billing.discounts.selectors import uses_of
from billing.disputes.models import TransferReversal
from billing.invoices.models import Document
from billing.ledger.models import Account, LedgerEntry
from billing.ledger.selectors import balances_of_order
from billing.orders.models import Order
from billing.orders.refund_windows import time_to_hear_of_pulls
from billing.orders.state import HOLDING_STATES
from billing.payments.reconcile import reconcile_order
from billing.payments.refunding import continue_refund
from billing.payments.taking_back import continue_reversal
from billing.refunds.models import Refund
from billing.refunds.records import is_being_given_back
from billing.refunds.services import give_back, request_refund
from common.errors import DomainError
from common.money import Money
from marketplace.entitlements.models import Entitlement
from marketplace.products.models import Product
from tests.factories.accounts import UserFactory
from tests.factories.billing import DiscountFactory
from tests.factories.marketplace import ProductFactory
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)

DEEDS = [
    "buy",
    "buy with a code",
    "pay",
    "hear",
    "refund",
    "refund a part",
    "give back",
    "continue",
    "dashboard",
    "come back",
    "dispute",
    "win",
    "lose",
    "expire",
]


class World:
    """One buyer, two products that share an image, and what can happen to them. What is impossible now is simply refused."""

    def __init__(self, sandbox: Sandbox, product: Product) -> None:
        self.sandbox, self.staff = sandbox, UserFactory(staff=True)
        self.buyer: User = UserFactory()
        twin: Product = ProductFactory(namespace=product.namespace, images=[product.images.get()])
        self.products = [product, twin]
        self.disputes: dict[str, str] = {}
        self.code = DiscountFactory(of_shop=True, off=True, amount=30, most_uses=1)

    @property
    def orders(self) -> Any:
        return Order.objects.filter(buyer=self.buyer.account)

    def do(self, deed: str, number: int) -> None:
        if deed in {"buy", "buy with a code"}:
            discount = self.code if deed == "buy with a code" else None
            open_checkout(order=place_order(product=self.products[number], user=self.buyer, discount=discount))
            return
        order = self.orders.filter(product=self.products[number]).order_by("-created_at").first()
        if order is None:
            return
        session = order.checkout_session_id
        if deed in {"pay", "expire"}:
            self.sandbox.http.post(f"/sandbox/api/sessions/{session}/{deed}", json={})
        elif deed == "hear":
            reconcile_order(order_id=order.pk)
        elif deed in {"refund", "refund a part"}:
            request_refund(order=order, amount=Money(100, "eur") if deed == "refund a part" else None, reason="x", actor=self.staff)
        elif deed == "give back":
            give_back(order=order, actor=self.buyer)
        elif deed == "continue":
            decide_what_buyers_gave_back(order)
            for refund in Refund.objects.filter(order=order, state="waiting"):
                continue_refund(refund_id=refund.pk)
            for reversal in TransferReversal.objects.filter(dispute__order=order, state="waiting"):
                continue_reversal(reversal_id=reversal.pk)
        else:
            self.at_stripe(deed, str(self.sandbox.session_of(order)["payment_intent"]))

    def at_stripe(self, deed: str, intent: str) -> None:
        if deed == "come back":
            for refund in self.sandbox.get("/refunds", payment_intent=intent)["data"]:
                self.sandbox.http.post(f"/sandbox/api/refunds/{refund['id']}/fail", json={"reason": "declined"})
        elif deed == "dashboard":
            self.sandbox.http.post("/v1/refunds", data={"payment_intent": intent, "amount": 100})
        elif deed == "dispute":
            opened = self.sandbox.http.post(f"/sandbox/api/charges/{intent}/dispute", json={})
            self.disputes[intent] = opened.json().get("id", self.disputes.get(intent, ""))
        elif intent in self.disputes:
            self.sandbox.http.post(f"/sandbox/api/disputes/{self.disputes[intent]}/{deed}", json={})

    def settle(self) -> None:
        """All tasks have run: every refund is done, every order heard of, every loss taken back."""
        for order in self.orders:
            reconcile_order(order_id=order.pk)
        for refund in Refund.objects.filter(order__buyer=self.buyer.account, state="waiting"):
            decide_what_buyers_gave_back(refund.order)
            continue_refund(refund_id=refund.pk)
        for order in self.orders:
            reconcile_order(order_id=order.pk)
        for reversal in TransferReversal.objects.filter(dispute__order__buyer=self.buyer.account, state="waiting"):
            continue_reversal(reversal_id=reversal.pk)


def decide_what_buyers_gave_back(order: Order) -> None:
    """The time has passed in which pulls are heard of."""
    order.refunds.filter(origin="buyer", state="waiting").update(created_at=timezone.now() - time_to_hear_of_pulls())


def stripes_own(sandbox: Sandbox, intent: str) -> int:
    """What a payment has left in our balance, by Stripe's own objects alone."""
    charge = sandbox.get(f"/payment_intents/{intent}", **{"expand[]": "latest_charge.balance_transaction"})["latest_charge"]
    if not charge or charge["status"] != "succeeded":
        return 0
    moved = [charge["balance_transaction"]["id"]]
    refunds = sandbox.get("/refunds", payment_intent=intent)["data"]
    moved += [refund["balance_transaction"] for refund in refunds]
    moved += [refund["failure_balance_transaction"] for refund in refunds if refund.get("failure_balance_transaction")]
    moved += [
        entry["id"] for dispute in sandbox.get("/disputes", payment_intent=intent)["data"] for entry in dispute["balance_transactions"]
    ]
    for path, parts in ((f"/transfers/{charge['transfer']}", "reversals"), (f"/application_fees/{charge['application_fee']}", "refunds")):
        moved.append(sandbox.get(path)["balance_transaction"])
        moved += [part["balance_transaction"] for part in sandbox.get(f"{path}/{parts}")["data"]]
    return sum(sandbox.get(f"/balance_transactions/{key}")["net"] for key in moved)


def assert_books_balance(world: World) -> None:
    for order in world.orders.exclude(paid_at=None):
        found = balances_of_order(order.pk)
        assert sum(money.minor for balances in found.values() for money in balances) == 0
        assert Account.BUYERS_CLEARING not in found, order  # all of a payment was passed on
        intent = str(world.sandbox.session_of(order)["payment_intent"])
        entries = LedgerEntry.objects.filter(transaction__order=order)
        ours = entries.filter(account=Account.STRIPE, seller=None)
        assert sum(ours.values_list("amount", flat=True)) == stripes_own(world.sandbox, intent), order
        theirs, payable = entries.filter(account=Account.STRIPE).exclude(seller=None), entries.filter(account=Account.SELLER_PAYABLE)
        assert sum(theirs.values_list("amount", flat=True)) == -sum(payable.values_list("amount", flat=True))
        if order.state == "charged_back":  # nothing is left with the seller of what a bank took
            assert sum(payable.values_list("amount", flat=True)) == 0, order


def assert_documents_agree(world: World) -> None:
    """What was invoiced less what was credited is what sellers keep, and numbers follow each other."""
    for order in world.orders.filter(documents__isnull=False).distinct():
        back = sum(order.refunds.filter(state="succeeded").values_list("amount", flat=True))
        lost = order.disputes.filter(status="lost").exists()
        assert sum(order.documents.values_list("amount", flat=True)) == (0 if lost else order.amount - back), order
    for seller in world.orders.order_by().values_list("seller", flat=True).distinct():
        serials = list(Document.objects.filter(seller=seller).order_by("serial").values_list("serial", flat=True))
        assert serials == list(range(1, len(serials) + 1))
    sold = world.orders.filter(state__in=[*HOLDING_STATES, "disputed"])
    assert not sold.filter(documents__isnull=True).exists()


def assert_consistent(world: World) -> None:
    assert uses_of([world.code.pk])[world.code.pk].count <= 1
    for order in world.orders:
        live = Entitlement.objects.filter(source_id=order.pk, revoked_at=None)
        in_force = live.filter(suspended_at=None).count()
        assert in_force == (1 if order.state in HOLDING_STATES and not is_being_given_back(order) else 0), order
        assert live.count() == (1 if order.state in {*HOLDING_STATES, "disputed"} else 0), order
        done = sum(order.refunds.exclude(state="failed").values_list("amount", flat=True))
        assert order.refunded_amount <= order.refund_requested_amount <= order.amount
        assert done <= order.amount


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(deeds=st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(0, 1)), max_size=14))
def test_entitlements_are_a_function_of_orders_whatever_happens(deeds, sandbox: Sandbox, product: Product) -> None:
    world = World(sandbox, product)
    world.do("buy", 0)
    world.do("buy", 1)

    for deed, number in [("pay", 0), *deeds]:
        try:
            world.do(deed, number)
        except DomainError:
            continue
        assert_consistent(world)
    world.settle()

    assert_consistent(world)
    assert_books_balance(world)
    assert_documents_agree(world)
    for order in world.orders.exclude(checkout_session_id=None):
        intent = sandbox.session_of(order)["payment_intent"]
        made = sandbox.get("/refunds", payment_intent=intent)["data"] if intent else []
        assert order.refunded_amount == sum(refund["amount"] for refund in made if refund["status"] == "succeeded")
    assert Entitlement.objects.in_force().filter(holder=world.buyer.account).count() <= 1  # what two products share is not kept twice
