"""An account that Stripe restricts, a currency that it does not take, a payout that comes back: state, words, and what is in the books."""

from typing import Any

import pytest
from django.test import Client

from accounts.people.models import User
from accounts.sellers.models import SellerProfile
from billing.checkout.opening import open_checkout
from billing.checkout.placing import place_order
from billing.inbox.services import handle_event
from billing.ledger.models import LedgerTransaction
from billing.orders.errors import SellerMayNotSell
from billing.orders.models import Order
from billing.payments.reconcile import reconcile_order
from billing.payouts.mails import tell_of_returned_payout
from billing.payouts.models import Payout
from billing.stripe.errors import StripeRefused
from marketplace.products.models import Product
from outbox.mail.models import OutgoingMail
from tests.billing.conftest import person_of
from tests.factories.accounts import UserFactory
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


def page(seller: SellerProfile) -> str:
    client = Client()
    client.force_login(person_of(seller))
    return client.get("/selling/payouts/").content.decode()


@pytest.mark.parametrize(
    ("standing", "words"),
    [
        pytest.param({"enabled": False}, "Stripe takes no payments for you right now.", id="charges"),
        pytest.param({"payouts": False}, "Stripe does not pay out to your bank right now.", id="payouts"),
    ],
)
def test_an_account_that_is_restricted_stops_sales_at_once_and_its_seller_is_told_once(
    paid: Order, seller: SellerProfile, product: Product, sandbox: Sandbox, buyer: User, holds: Any, standing: dict[str, bool], words: str
) -> None:
    account = str(seller.stripe_account_id)
    before = LedgerTransaction.objects.count()
    sandbox.control(f"/accounts/{account}", **standing)

    for _ in range(2):
        handle_event(event_id=sandbox.deliver("account.updated", account))

    seller.refresh_from_db()
    (mail,) = OutgoingMail.objects.filter(key__startswith="stripe-restricted:")
    assert (seller.can_be_paid, mail.to, words in mail.body_text) == (False, person_of(seller).email, True)
    assert "Stripe does not let your account be paid right now." in page(seller)
    orders = Order.objects.count()
    with pytest.raises(SellerMayNotSell):
        place_order(product=product, user=UserFactory())
    assert (Order.objects.count(), reconcile_order(order_id=paid.pk).state, len(holds(buyer))) == (orders, "paid", 1)
    assert LedgerTransaction.objects.count() == before  # nothing has moved
    sandbox.control(f"/accounts/{account}")
    handle_event(event_id=sandbox.deliver("account.updated", account))
    seller.refresh_from_db()
    assert (seller.can_be_paid, "be paid right now" in page(seller)) == (True, False)


def test_a_currency_that_the_account_does_not_take_is_refused_with_words_for_both(
    seller: SellerProfile, product: Product, sandbox: Sandbox, buyer: User, holds: Any
) -> None:
    sandbox.control(f"/accounts/{seller.stripe_account_id}", refuses="eur")
    order = place_order(product=product, user=buyer)

    with pytest.raises(StripeRefused) as refused:
        open_checkout(order=order)

    assert refused.value.message.startswith("This seller’s account does not take this currency. Nothing was charged")
    order.refresh_from_db()
    assert (order.state, holds(buyer), LedgerTransaction.objects.exists()) == ("failed", [], False)
    (mail,) = OutgoingMail.objects.filter(to=person_of(seller).email)
    words = "Stripe does not let your account take the currency of one of your products."
    assert (words in mail.body_text, words in page(seller)) == (True, True)


def test_a_payout_of_ours_that_came_back_is_no_sellers_business(transactional_db: None) -> None:
    tell_of_returned_payout(payout=Payout(id="po_1", status="failed"))

    assert not OutgoingMail.objects.exists()
