"""Our fee after refunds: what Stripe's rounding differs from the rule by goes to the account of roundings, and more than that to staff."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.people.models import User
from accounts.sellers.models import SellerProfile
from billing.inbox.services import handle_event
from billing.ledger.fees import settle_fee
from billing.ledger.models import Account, LedgerTransaction
from billing.ledger.selectors import balances_of_order
from billing.orders.locks import lock_order
from billing.orders.models import Order
from billing.payments.reconcile import reconcile_order
from billing.payments.refunding import continue_refund
from billing.refunds.services import request_refund
from billing.refunds.shares import fee_returned
from billing.stripe.movement_data import MovementKind
from common.db.locking import locked_transaction
from common.money import Money
from outbox.mail.models import OutgoingMail
from tests.billing.conftest import person_of
from tests.factories.accounts import UserFactory
from tests.factories.billing import PaidOrderFactory
from tests.factories.marketplace import NamespaceFactory, ProductFactory
from tests.support.books import book_refund, book_sale, move
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


def in_the_books(order: Order, account: Account) -> int:
    return sum(money.minor for money in balances_of_order(order.pk).get(account, []))


def settle(order: Order) -> list[str]:
    with locked_transaction():
        return settle_fee(lock_order(order_id=order.pk))


@pytest.fixture
def odd(seller: SellerProfile, buyer: User, buy) -> Order:
    """Paid with €3.33, of which we keep 33 cents: no part of it comes out even."""
    product = ProductFactory(namespace=NamespaceFactory(owner=seller.account), price__amount=333)
    return reconcile_order(order_id=buy(product, buyer).pk)


def test_roundings_of_parts_are_booked_and_gone_after_the_last(odd: Order) -> None:
    staff, left = UserFactory(staff=True), odd.amount
    roundings = []
    for part in (50, 50, 50, 50, 50, 83):
        money = Money(part, odd.currency)
        continue_refund(refund_id=request_refund(order=odd, amount=money, reason="A part.", actor=staff).pk)
        left -= part
        kept = odd.fee - fee_returned(fee=odd.fee, amount=odd.money, taken_back=Money(odd.amount - left, odd.currency))
        assert -in_the_books(odd, Account.PLATFORM_FEE) == kept.minor
        roundings.append(in_the_books(odd, Account.ROUNDING))

    assert any(roundings)  # Stripe rounds down
    assert roundings[-1] == 0
    odd.refresh_from_db()
    assert (odd.state, odd.flag) == ("refunded", "")
    assert balances_of_order(odd.pk).keys() == {Account.STRIPE, Account.STRIPE_FEE}


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(st.tuples(st.integers(1, 90), st.integers(-1, 1)), min_size=1, max_size=4))
def test_however_stripe_rounds_our_fee_is_what_the_rule_says(parts, db) -> None:
    order = PaidOrderFactory(amount=500, application_fee=50)
    book_sale(order, at=order.paid_at)
    gone = 0
    for amount, off in parts:
        gone += amount
        returned = fee_returned(fee=order.fee, amount=order.money, taken_back=Money(gone, "eur"))
        before = fee_returned(fee=order.fee, amount=order.money, taken_back=Money(gone - amount, "eur"))
        move(order, MovementKind.REFUND, -amount, at=order.paid_at)
        move(order, MovementKind.TRANSFER_REVERSAL, amount, at=order.paid_at)
        if fee := max((returned - before).minor + off, 0):
            move(order, MovementKind.APPLICATION_FEE_REFUND, -fee, at=order.paid_at)
        concerns = settle(order)
        if not concerns and LedgerTransaction.objects.filter(order=order, kind="application_fee_refund").exists():
            assert -in_the_books(order, Account.PLATFORM_FEE) == 50 - returned.minor
        assert settle(order) == concerns  # and nothing is rounded twice
        assert sum(money.minor for found in balances_of_order(order.pk).values() for money in found) == 0


def test_what_was_decided_otherwise_at_stripe_is_for_staff(db) -> None:
    order = PaidOrderFactory(amount=500, application_fee=50)
    book_sale(order, at=order.paid_at)
    move(order, MovementKind.REFUND, -200, at=order.paid_at)
    move(order, MovementKind.TRANSFER_REVERSAL, 200, at=order.paid_at)
    move(order, MovementKind.APPLICATION_FEE_REFUND, -5, at=order.paid_at)

    assert settle(order) == ["Of our fee €0.05 went back, and by the rule €0.20: see its refunds in Stripe's dashboard."]
    assert in_the_books(order, Account.ROUNDING) == 0


@pytest.mark.parametrize(("amount", "tax", "fee"), [(500, 80, 50), (400, 64, 4)])
@pytest.mark.parametrize("parts", [[1], [3, 1], [3, 2]])
def test_of_a_sale_with_tax_the_fee_goes_back_by_the_same_rule(db, amount: int, tax: int, fee: int, parts: list[int]) -> None:
    order = PaidOrderFactory(amount=amount, application_fee=fee, tax_amount=tax)
    book_sale(order, at=order.paid_at)
    gone = 0
    for part in parts:
        book_refund(order, amount * part // sum(parts), at=order.paid_at)
        gone += amount * part // sum(parts)
        assert settle(order) == []
        kept = fee - fee_returned(fee=order.fee, amount=order.money, taken_back=Money(gone, "eur")).minor
        assert -in_the_books(order, Account.PLATFORM_FEE) == kept

    assert balances_of_order(order.pk).keys() == {Account.STRIPE, Account.STRIPE_FEE}


def test_what_is_left_with_the_seller_of_a_sale_with_tax_is_said_with_its_tax(db) -> None:
    order = PaidOrderFactory(amount=500, application_fee=50, tax_amount=80)
    book_sale(order, at=order.paid_at)
    move(order, MovementKind.REFUND, -200, at=order.paid_at)

    assert settle(order) == ["€2.00 went back, and the seller still has it: reverse the transfer in Stripe's dashboard, or bear it."]


def test_where_all_is_as_the_rule_says_nothing_is_booked(db) -> None:
    order = PaidOrderFactory(amount=500, application_fee=50)
    book_sale(order, at=order.paid_at)
    book_refund(order, 200, at=order.paid_at)
    before = LedgerTransaction.objects.count()

    assert settle(order) == []
    assert LedgerTransaction.objects.count() == before


def test_a_refund_of_the_dashboard_is_on_the_order_in_the_books_and_in_mails(paid: Order, buyer: User, sandbox: Sandbox, holds) -> None:
    stripe_id = sandbox.refund(paid, amount=200, reverse_transfer="true", refund_application_fee="true")

    handle_event(event_id=sandbox.deliver("charge.refunded", paid.payment_intent_id))

    paid.refresh_from_db()
    refund = paid.refunds.get()
    assert (refund.stripe_refund_id, refund.origin, refund.takes_back) == (stripe_id, "stripe", True)
    assert (paid.state, paid.refunded_amount, paid.flag, len(holds(buyer))) == ("partially_refunded", 200, "", 1)
    assert (in_the_books(paid, Account.REFUNDS), -in_the_books(paid, Account.PLATFORM_FEE)) == (0, 30)
    mails = OutgoingMail.objects.filter(key__contains=str(refund.pk))
    assert {mail.to for mail in mails} == {buyer.email, person_of(paid.seller).email}


def test_a_refund_of_the_dashboard_that_leaves_the_seller_their_share_is_flagged(paid: Order, sandbox: Sandbox) -> None:
    sandbox.refund(paid, amount=200)

    order = reconcile_order(order_id=paid.pk)

    assert (order.refunds.get().takes_back, in_the_books(order, Account.REFUNDS)) == (False, 200)
    assert order.flag == "€2.00 went back, and the seller still has it: reverse the transfer in Stripe's dashboard, or bear it."
