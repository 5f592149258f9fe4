"""Whoever Stripe refuses reads what to do; whoever else can mend it is told; staff keep Stripe's own words."""

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from accounts.people.models import User
from accounts.sellers.models import SellerProfile
from accounts.sellers.services.stripe_accounts import record_stripe_problem
from audit.models import AuditEvent
from billing.checkout.opening import open_checkout
from billing.checkout.placing import place_order
from billing.orders.models import Order
from billing.payouts.services import record_refused_sale
from billing.stripe.errors import StripeRefused
from billing.stripe.refusals import Fault, why_refused
from marketplace.products.models import Product
from outbox.mail.models import OutgoingMail
from tests.billing.conftest import person_of
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import NamespaceFactory, ProductFactory
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)

REGION = (
    "Cannot create a destination charge for connected accounts in US because funds would be settled on the platform and the connected"
    " account is outside the platform's region. You may use the `on_behalf_of` parameter to have the charge settle in the connected account's"
    " country."
)


@pytest.mark.parametrize(
    ("code", "param", "message", "fault"),
    [
        pytest.param("email_invalid", "customer_email", "Invalid email address: a@b", Fault.BUYER, id="address"),
        pytest.param("", "customer_email", "This is not an address.", Fault.BUYER, id="address without a code"),
        pytest.param("", "", REGION, Fault.SELLER, id="region"),
        pytest.param("insufficient_capabilities_for_transfer", "", "x", Fault.SELLER, id="capability"),
        pytest.param("", "", "missing the required capabilities: card_payments", Fault.SELLER, id="capability without a code"),
        pytest.param("resource_missing", "", "No such destination: 'acct_1'", Fault.SELLER, id="gone"),
        pytest.param("amount_too_small", "", "x", Fault.SELLER, id="price"),
        pytest.param("resource_missing", "", "No such session: 'cs_1'", Fault.OURS, id="something else is missing"),
        pytest.param("", "", "", Fault.OURS, id="nothing is known"),
    ],
)
def test_each_refusal_is_somebody_s_and_says_what_to_do(code: str, param: str, message: str, fault: Fault) -> None:
    refusal = why_refused(code=code, param=param, message=message)

    assert refusal.fault is fault
    assert "Nothing was charged." in refusal.buyer
    assert (refusal.seller != "") == (fault is Fault.SELLER)
    assert str(refusal.buyer) == StripeRefused(reason=message, stripe_code=code, param=param).message


def buy(product: Product, user: User) -> str:
    client = Client()
    client.force_login(user)
    answer = client.post(f"/billing/buy/{product.pk}/")
    assert answer.status_code == 303
    return str(next(iter(get_messages(answer.wsgi_request))))


def test_a_buyer_whose_address_stripe_does_not_take_is_told_to_correct_it(product: Product) -> None:
    buyer = UserFactory(email="kim@no-dot")

    said = buy(product, buyer)

    order = Order.objects.get()
    assert "Correct it in your account’s settings" in said
    assert (order.state, order.flagged_at, OutgoingMail.objects.exists()) == ("failed", None, False)
    assert "Invalid email address" in AuditEvent.objects.get(action="order.failed").reason


def test_a_seller_whose_account_stripe_does_not_take_is_told_and_staff_see_why(product: Product, buyer: User, sandbox: Sandbox) -> None:
    sandbox.control(f"/accounts/{product.seller.stripe_account_id}", transfers=False)

    said = buy(product, buyer)

    order, seller = Order.objects.get(), product.seller
    seller.refresh_from_db()
    assert "This seller cannot be paid at the moment, and has been told." in said
    assert (order.state, "Stripe refused the checkout (seller): " in order.flag) == ("failed", True)
    assert "capabilities" in order.flag
    assert (seller.charges_enabled, seller.can_be_paid) == (False, False)
    assert AuditEvent.objects.get(action="seller.stripe_problem").reason == seller.stripe_problem
    mail = OutgoingMail.objects.get()
    assert (mail.to, seller.stripe_problem in mail.body_text) == (person_of(seller).email, True)
    client = Client()
    client.force_login(person_of(seller))
    assert seller.stripe_problem in client.get("/selling/payouts/").content.decode()


def test_a_seller_is_written_to_once_a_day(seller: SellerProfile) -> None:
    for _ in range(3):
        record_refused_sale(stripe_account_id=str(seller.stripe_account_id), refused=StripeRefused(reason=REGION))

    assert (OutgoingMail.objects.count(), AuditEvent.objects.filter(action="seller.stripe_problem").count()) == (1, 1)


def test_a_sale_that_works_takes_the_seller_s_problem_away(product: Product, buyer: User) -> None:
    SellerProfile.objects.filter(pk=product.seller_id).update(stripe_problem="It refused you.")

    open_checkout(order=place_order(product=product, user=buyer))

    assert not SellerProfile.objects.exclude(stripe_problem="").exists()
    assert not OutgoingMail.objects.exists()


def test_a_problem_of_an_account_that_is_nobody_s_is_nobody_s() -> None:
    record_stripe_problem(stripe_account_id="acct_of_nobody", sentence="x")

    assert not SellerProfile.objects.exclude(stripe_problem="").exists()


def test_what_nobody_can_mend_but_us_is_flagged(seller: SellerProfile, buyer: User, sandbox: Sandbox) -> None:
    product = ProductFactory(namespace=NamespaceFactory(owner=seller.account))
    sandbox.fail("/v1/checkout/sessions", status=400)

    said = buy(product, buyer)

    assert "told us why" in said
    assert Order.objects.get().flag.startswith("Stripe refused the checkout (ours): ")
    assert not OutgoingMail.objects.exists()
