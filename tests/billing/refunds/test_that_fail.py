"""A refund that a bank sends back after Stripe has made it: from the event to the books, and to the words for buyer, seller and staff."""

import pytest
from django.test import Client

from accounts.people.models import User
from billing.inbox.services import handle_event
from billing.ledger.models import Account
from billing.ledger.selectors import balances_of_order
from billing.orders.models import Order
from billing.payments.reconcile import reconcile_order
from billing.payments.refunding import continue_refund
from billing.refunds.models import Refund
from billing.refunds.services import request_refund
from common.money import Money
from outbox.mail.models import OutgoingMail
from tests.billing.conftest import person_of
from tests.factories.accounts import UserFactory
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


def refund(order: Order, amount: int | None = None) -> Refund:
    money = None if amount is None else Money(amount, order.currency)
    staff = UserFactory(staff=True)
    return continue_refund(refund_id=request_refund(order=order, amount=money, reason="It did not start.", actor=staff).pk)


def fail(sandbox: Sandbox, failing: Refund) -> None:
    """The bank sends it back, and we hear of it by the event."""
    sandbox.control(f"/refunds/{failing.stripe_refund_id}/fail", reason="lost_or_stolen_card")
    handle_event(event_id=sandbox.deliver("refund.failed", failing.stripe_refund_id))


def taken_back(sandbox: Sandbox, order: Order) -> int:
    return int(sandbox.get("/transfers", destination=order.destination_account_id)["data"][0]["amount_reversed"])


def in_the_books(order: Order, account: Account) -> list[int]:
    return [money.minor for money in balances_of_order(order.pk).get(account, [])]


def test_a_full_refund_that_fails_is_owed_to_the_buyer(paid: Order, buyer: User, sandbox: Sandbox, holds) -> None:
    failing = refund(paid)

    fail(sandbox, failing)

    paid.refresh_from_db()
    failing.refresh_from_db()
    assert (failing.state, failing.failure, failing.takes_back) == ("failed", "lost_or_stolen_card", True)
    assert (paid.state, paid.refunded_amount, paid.refundable.minor, holds(buyer)) == ("refunded", 0, 500, [])
    assert paid.flag == "A refund of €5.00 failed at Stripe: lost_or_stolen_card"
    assert in_the_books(paid, Account.REFUNDS) == [-500]  # ours to give to the buyer
    assert in_the_books(paid, Account.SELLER_PAYABLE) == []  # and the seller's share stays taken back


def test_buyer_and_seller_are_told_of_it_by_mail_once(paid: Order, buyer: User, sandbox: Sandbox) -> None:
    failing = refund(paid)
    fail(sandbox, failing)
    reconcile_order(order_id=paid.pk)

    to_buyer = OutgoingMail.objects.get(key=f"refund-failed:{failing.pk}")
    to_seller = OutgoingMail.objects.get(key=f"refund_of_sale_failed:{failing.pk}:1")

    assert (to_buyer.to, "pull access has ended all the same" in to_buyer.body_text) == (buyer.email, True)
    assert (to_seller.to, "nothing is taken from it a second time" in " ".join(to_seller.body_text.split())) == (
        person_of(paid.seller).email,
        True,
    )


def test_pages_of_buyer_and_seller_say_that_it_is_owed(paid: Order, buyer: User, sandbox: Sandbox) -> None:
    fail(sandbox, refund(paid))
    of_buyer, of_seller = Client(), Client()
    of_buyer.force_login(buyer)
    of_seller.force_login(person_of(paid.seller))

    assert "The refund has not arrived." in of_buyer.get(f"/orders/{paid.pk}/").content.decode()
    assert "we have it, and owe it to the buyer" in of_seller.get(f"/selling/orders/{paid.pk}/").content.decode()


def test_the_next_refund_takes_nothing_from_the_seller_a_second_time(paid: Order, sandbox: Sandbox) -> None:
    fail(sandbox, refund(paid))

    again = refund(paid)

    paid.refresh_from_db()
    assert (again.state, again.takes_back, paid.state, paid.refunded_amount) == ("succeeded", False, "refunded", 500)
    assert taken_back(sandbox, paid) == 500
    assert balances_of_order(paid.pk).keys() == {Account.STRIPE, Account.STRIPE_FEE}  # nobody is owed anything
    mail = OutgoingMail.objects.get(key=f"refund_of_sale:{again.pk}:1")
    assert "Your balance has paid nothing for it this time." in mail.body_text


def test_after_a_part_that_failed_only_the_rest_is_taken_back(paid: Order, buyer: User, sandbox: Sandbox, holds) -> None:
    fail(sandbox, refund(paid, 200))
    paid.refresh_from_db()
    assert (paid.state, len(holds(buyer))) == ("paid", 1)

    refund(paid)  # what is with us; the rest is a refund of its own
    for waiting in Refund.objects.filter(state="waiting"):
        continue_refund(refund_id=waiting.pk)

    made = Refund.objects.filter(state="succeeded").order_by("amount").values_list("amount", "takes_back")
    assert list(made) == [(200, False), (300, True)]
    paid.refresh_from_db()
    assert (paid.state, paid.refunded_amount, taken_back(sandbox, paid), holds(buyer)) == ("refunded", 500, 500, [])
    assert balances_of_order(paid.pk).keys() == {Account.STRIPE, Account.STRIPE_FEE}


def test_one_that_fails_a_second_time_is_still_with_us(paid: Order, sandbox: Sandbox) -> None:
    fail(sandbox, refund(paid))
    fail(sandbox, refund(paid))

    last = refund(paid)

    assert (last.takes_back, taken_back(sandbox, paid)) == (False, 500)
    assert balances_of_order(paid.pk).keys() == {Account.STRIPE, Account.STRIPE_FEE}
