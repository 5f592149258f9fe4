"""A key of ours that may not do something is our fault: nothing of anybody else's changes, staff are alarmed, and everything goes on once it may."""

import logging
from typing import Any

import pytest
from django.core.checks import run_checks
from django.db import ProgrammingError
from django.test import Client
from django.utils import timezone

from accounts.people.models import User
from accounts.sellers.models import SellerProfile
from audit.models import AuditEvent
from billing.checkout.opening import open_checkout
from billing.checkout.placing import place_order
from billing.inbox.models import StripeEvent
from billing.inbox.services import handle_event
from billing.orders.models import Order
from billing.payments.reconcile import reconcile_order
from billing.payments.refunding import continue_refund
from billing.payouts.services import refresh_stripe_account
from billing.refunds.models import Refund
from billing.refunds.services import request_refund
from billing.stripe.accounts import read_account_status
from billing.stripe.checks import stripe_lets_us
from billing.stripe.errors import StripeAccountGone, StripeKeyRefused
from common.db.models import Outage
from marketplace.products.models import Product
from tests.billing.conftest import person_of
from tests.factories.accounts import UserFactory
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def restricted(sandbox: Sandbox) -> Any:
    """Let the key lack what a path needs."""
    return lambda path, **method: sandbox.fail(path, mode="permission", **method)


def state_of(seller: SellerProfile) -> tuple[object, ...]:
    seller.refresh_from_db()
    return (seller.stripe_account_id, seller.charges_enabled, seller.payouts_enabled, seller.details_submitted)


def test_it_switches_no_seller_off(seller: SellerProfile, sandbox: Sandbox, restricted: Any) -> None:
    before, trail = state_of(seller), AuditEvent.objects.count()
    sandbox.control(f"/accounts/{seller.stripe_account_id}")
    event_id = sandbox.deliver("account.updated", str(seller.stripe_account_id))
    restricted("/v1/accounts")

    with pytest.raises(StripeKeyRefused):
        handle_event(event_id=event_id)
    with pytest.raises(StripeKeyRefused):
        refresh_stripe_account(stripe_account_id=str(seller.stripe_account_id))

    assert (state_of(seller), AuditEvent.objects.count()) == (before, trail)
    event = StripeEvent.objects.get(pk=event_id)
    assert (event.handled_at, "rak_account_read" in event.last_error) == (None, True)
    sandbox.mend()
    assert handle_event(event_id=event_id).outcome == "seller brought up to date"


def test_it_fails_no_order(product: Product, buyer: User, sandbox: Sandbox, restricted: Any) -> None:
    order = place_order(product=product, user=buyer)
    restricted("/v1/checkout/sessions", method="POST")

    with pytest.raises(StripeKeyRefused):
        open_checkout(order=order)

    order.refresh_from_db()
    assert (order.state, order.flagged_at) == ("pending", None)
    sandbox.mend()
    assert open_checkout(order=order).startswith(sandbox.url)


def test_it_gives_up_no_refund(paid: Order, sandbox: Sandbox, restricted: Any) -> None:
    refund = request_refund(order=paid, amount=None, reason="x", actor=UserFactory(staff=True))
    restricted("/v1/refunds", method="POST")

    with pytest.raises(StripeKeyRefused):
        continue_refund(refund_id=refund.pk)

    refund.refresh_from_db()
    assert (refund.state, Order.objects.get().flagged_at) == (Refund.State.WAITING, None)
    sandbox.mend()
    assert continue_refund(refund_id=refund.pk).state == Refund.State.SUCCEEDED


def test_staff_are_alarmed_once_and_told_which_permission_it_lacks(
    seller: SellerProfile, restricted: Any, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    restricted("/v1/accounts")

    for _ in range(3):
        with caplog.at_level(logging.ERROR), pytest.raises(StripeKeyRefused):
            read_account_status(str(seller.stripe_account_id))

    assert len([record for record in caplog.records if record.message == "dependency away"]) == 1
    outage = Outage.objects.get()
    assert (outage.dependency, outage.reason) == ("Stripe key: accounts", "Give STRIPE_SECRET_KEY the permission rak_account_read.")
    (found,) = [message for message in run_checks(tags=["database"], databases=["default"]) if message.id == "billing.W002"]
    assert "rak_account_read" in found.msg
    sandbox.mend()
    read_account_status(str(seller.stripe_account_id))
    assert not Outage.objects.exists()
    assert "billing.W002" not in {message.id for message in run_checks(tags=["database"], databases=["default"])}


def test_a_permission_that_works_says_nothing_of_one_that_does_not(paid: Order, restricted: Any) -> None:
    restricted("/v1/accounts")
    with pytest.raises(StripeKeyRefused):
        read_account_status(paid.destination_account_id)

    reconcile_order(order_id=paid.pk)

    assert Outage.objects.get().dependency == "Stripe key: accounts"


def test_a_wrong_key_is_the_same(seller: SellerProfile, sandbox: Sandbox, settings: Any) -> None:
    settings.STRIPE_SECRET_KEY = "sk_test_another"
    before = state_of(seller)

    with pytest.raises(StripeKeyRefused):
        refresh_stripe_account(stripe_account_id=str(seller.stripe_account_id))

    assert state_of(seller) == before
    assert Outage.objects.get().reason == "Stripe does not accept STRIPE_SECRET_KEY."


def test_an_account_that_is_not_connected_to_us_is_not_our_key_s_fault(sandbox: Sandbox) -> None:
    with pytest.raises(StripeAccountGone):
        read_account_status("acct_of_nobody")

    assert not Outage.objects.exists()


def test_people_are_told_that_it_is_not_their_fault(product: Product, buyer: User, restricted: Any) -> None:
    restricted("/v1/")
    client, seller = Client(), Client()
    client.force_login(buyer)
    seller.force_login(person_of(product.seller))

    answers = [client.post(f"/billing/buy/{product.pk}/"), seller.post("/selling/payouts/connect")]

    assert {(answer.status_code, answer["Retry-After"]) for answer in answers} == {(503, "300")}
    assert all("Payments are not working right now, and we have been alerted." in answer.content.decode() for answer in answers)


def test_no_check_asks_a_database_that_is_not_to_be_asked_or_has_no_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    Outage.objects.create(dependency="Stripe key: accounts", since=timezone.now(), reason="x")
    assert [len(stripe_lets_us(None, databases=databases)) for databases in (None, ["other"], ["default"])] == [0, 0, 1]

    def no_tables() -> Any:
        raise ProgrammingError("relation does not exist")

    monkeypatch.setattr("billing.stripe.checks.outages", no_tables)
    assert stripe_lets_us(None, databases=["default"]) == []
