"""A session at Stripe for an order: opened once, whatever goes wrong on the way."""

import pytest
from django.utils import timezone

from accounts.people.models import User
from accounts.sellers.models import SellerProfile
from audit.models import AuditEvent
from billing.checkout.opening import open_checkout
from billing.checkout.placing import place_order
from billing.orders.models import Order
from billing.payments.reconcile import settle_order
from billing.stripe.checkout import Checkout, Sale, create_checkout
from billing.stripe.errors import StripeAway, StripeRefused
from marketplace.entitlements.models import Entitlement
from marketplace.products.models import Product
from tests.factories.marketplace import (
    NamespaceFactory,
    ProductFactory,
)
from tests.support.registry import wait_until
from tests.support.sandbox import Sandbox
from tests.support.threads import run_in_threads

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_checkout_says_at_stripe_what_the_order_says(opened: Order, sandbox: Sandbox) -> None:
    session = sandbox.session_of(opened)
    image = opened.images.get()

    assert (session["mode"], session["amount_total"], session["currency"]) == ("payment", 500, "eur")
    assert (session["client_reference_id"], session["metadata"]) == (
        str(opened.pk),
        {"order_id": str(opened.pk), "buyer_id": str(opened.buyer_id)},
    )
    assert session["customer_email"] == opened.email
    assert session["success_url"] == f"http://layerstore.test:8080/billing/return/{opened.pk}/"
    assert session["cancel_url"] == f"http://layerstore.test:8080/billing/return/{opened.pk}/?cancelled=yes"
    assert session["expires_at"] == opened.checkout_expires_at.timestamp()
    assert session["url"] == opened.checkout_url
    line = sandbox.get(f"/checkout/sessions/{session['id']}/line_items")["data"][0]
    assert (line["description"], line["quantity"], image.repository != "") == ("Postgres HA", 1, True)


def test_what_stripe_refuses_fails_the_order_and_the_next_one_is_new(seller: SellerProfile, buyer: User) -> None:
    product = ProductFactory(namespace=NamespaceFactory(owner=seller.account), price__amount=1)
    order = place_order(product=product, user=buyer)

    with pytest.raises(StripeRefused) as refused:
        open_checkout(order=order)

    order.refresh_from_db()
    assert (order.state, refused.value.stripe_code) == ("failed", "amount_too_small")
    assert AuditEvent.objects.get(action="order.failed").reason == refused.value.reason
    assert place_order(product=product, user=buyer) != order


def test_an_answer_lost_on_the_way_is_fetched_again_with_the_same_key(product: Product, buyer: User, sandbox: Sandbox) -> None:
    order = place_order(product=product, user=buyer)
    sandbox.fail("/v1/checkout/sessions", times=1, mode="lost", method="POST")
    sandbox.fail("/v1/checkout/sessions", method="POST")

    with pytest.raises(StripeAway):
        open_checkout(order=order)

    sandbox.mend()
    order.refresh_from_db()
    assert (order.state, order.checkout_session_id) == ("pending", None)
    url = open_checkout(order=place_order(product=product, user=buyer))
    made = [found for found in sandbox.get("/checkout/sessions", limit=100)["data"] if found["client_reference_id"] == str(order.pk)]
    assert [session["url"] for session in made] == [url]


def test_a_second_click_while_stripe_is_slow_spoils_nothing(product: Product, buyer: User, sandbox: Sandbox) -> None:
    order = place_order(product=product, user=buyer)
    sandbox.fail("/v1/checkout/sessions", times=1, mode="slow", seconds=60, method="POST")

    def click(number: int) -> str:
        if number == 0:
            return open_checkout(order=order)
        wait_until(lambda: sandbox.http.get("/sandbox/api/faults").json() == [])  # the first click's request has reached Stripe
        try:
            return open_checkout(order=order)
        finally:
            sandbox.mend()

    first, second = run_in_threads(2, click)

    assert type(second) is StripeAway
    order.refresh_from_db()
    assert (order.state, order.checkout_url) == ("pending", first)


def test_stripe_answering_500_leaves_the_order_to_the_next_click(product: Product, buyer: User, sandbox: Sandbox) -> None:
    order = place_order(product=product, user=buyer)
    sandbox.fail("/v1/checkout/sessions")

    with pytest.raises(StripeAway):
        open_checkout(order=order)

    sandbox.mend()
    assert open_checkout(order=place_order(product=product, user=buyer)).startswith(f"{sandbox.url}/c/pay/cs_test_")
    assert Order.objects.get().state == "pending"


def test_a_checkout_that_was_closed_while_it_opened_sends_nobody_there(
    product: Product, buyer: User, sandbox: Sandbox, monkeypatch
) -> None:
    order = place_order(product=product, user=buyer)
    create = create_checkout

    def close_meanwhile(given: Sale) -> Checkout:
        checkout = create(given)
        Order.objects.update(state="expired")
        return checkout

    monkeypatch.setattr("billing.checkout.opening.create_checkout", close_meanwhile)

    assert open_checkout(order=order) == f"http://layerstore.test:8080/billing/return/{order.pk}/"
    order.refresh_from_db()
    assert (order.checkout_url, sandbox.session_of(order)["status"]) == ("", "open")


def test_two_tabs_that_open_one_checkout_record_it_once(product: Product, buyer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    order = place_order(product=product, user=buyer)
    create = create_checkout

    def the_other_tab_is_faster(given: Sale) -> Checkout:
        monkeypatch.setattr("billing.checkout.opening.create_checkout", create)
        open_checkout(order=order)
        return create(given)

    monkeypatch.setattr("billing.checkout.opening.create_checkout", the_other_tab_is_faster)

    url = open_checkout(order=order)

    order.refresh_from_db()
    assert (url, order.checkout_session_id is not None) == (order.checkout_url, True)


def test_a_refusal_after_the_other_tab_s_success_fails_nothing(product: Product, buyer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    order = place_order(product=product, user=buyer)
    create = create_checkout

    def refused_too_late(given: Sale) -> Checkout:
        monkeypatch.setattr("billing.checkout.opening.create_checkout", create)
        open_checkout(order=order)
        raise StripeRefused(reason="too late")

    monkeypatch.setattr("billing.checkout.opening.create_checkout", refused_too_late)

    with pytest.raises(StripeRefused):
        open_checkout(order=order)

    order.refresh_from_db()
    assert (order.state, order.checkout_url != "") == ("pending", True)


def test_the_sweep_ends_what_never_reached_stripe(product: Product, buyer: User) -> None:
    order = place_order(product=product, user=buyer)
    assert settle_order(order_id=order.pk).state == "pending"
    Order.objects.update(checkout_expires_at=timezone.now())

    assert settle_order(order_id=order.pk).state == "expired"
    assert not Entitlement.objects.exists()
