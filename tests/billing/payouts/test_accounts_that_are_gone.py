"""A seller's Stripe account that is gone, whatever the way, is recorded, and its seller sells again with another."""

import json
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from accounts.people.models import User
from accounts.sellers.errors import StripeNotConnected
from accounts.sellers.models import FormerStripeAccount, SellerProfile
from accounts.sellers.services.stripe_accounts import ask_stripe_about, disconnect_stripe, end_stripe_account, regain_stripe_account
from audit.errors import ReasonMissing
from audit.models import AuditEvent
from billing.checkout.errors import PaymentUnderWay
from billing.checkout.opening import open_checkout
from billing.checkout.placing import place_order
from billing.inbox.services import handle_event
from billing.orders.errors import OrderCannotBeEnded
from billing.orders.models import Order
from billing.orders.services import end_order
from billing.payments.reconcile import reconcile_order
from billing.payouts.services import connect_seller, refresh_seller, refresh_stripe_account
from billing.payouts.tasks import refresh_seller as refresh_seller_task
from billing.stripe.errors import StripeAccountGone, StripeRefused
from marketplace.products.models import Product
from outbox.mail.models import OutgoingMail
from tests.billing.conftest import person_of
from tests.factories.accounts import MembershipFactory, OrganisationFactory, SellerFactory, UserFactory
from tests.support.sandbox import Sandbox, post_webhook

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def staff() -> User:
    return UserFactory(staff=True)


def deauthorised(sandbox: Sandbox, seller: SellerProfile) -> str:
    account = str(seller.stripe_account_id)
    sandbox.control(f"/accounts/{account}/leave")
    refresh_stripe_account(stripe_account_id=account)
    return account


def deleted(sandbox: Sandbox, seller: SellerProfile) -> str:
    account = str(seller.stripe_account_id)
    sandbox.http.delete(f"/v1/accounts/{account}").raise_for_status()
    refresh_stripe_account(stripe_account_id=account)
    return account


def of_another_key(_sandbox: Sandbox, seller: SellerProfile) -> str:
    SellerProfile.objects.filter(pk=seller.pk).update(stripe_account_id="acct_of_another_key")
    refresh_stripe_account(stripe_account_id="acct_of_another_key")
    return "acct_of_another_key"


GONE = [deauthorised, deleted, of_another_key]


@pytest.mark.parametrize("go", GONE)
def test_it_is_recorded_and_its_seller_is_told(seller: SellerProfile, sandbox: Sandbox, go: Any) -> None:
    account = go(sandbox, seller)

    seller.refresh_from_db()
    former = FormerStripeAccount.objects.get()
    assert (seller.stripe_account_id, seller.can_be_paid, seller.payouts_enabled) == (None, False, False)
    assert (former.pk, str(former), former.seller, former.may_return) == (account, account, seller, True)
    assert "does not have access to account" in former.reason
    trail = AuditEvent.objects.get(action="seller.stripe_ended")
    assert (trail.target_id, trail.reason) == (str(seller.pk), former.reason)
    mail = OutgoingMail.objects.get()
    assert (mail.to, "You may connect another." in mail.body_text) == (person_of(seller).email, True)


@pytest.mark.parametrize("go", GONE)
def test_its_seller_connects_another_and_sells(seller: SellerProfile, product: Product, buyer: User, sandbox: Sandbox, go: Any) -> None:
    account = go(sandbox, seller)
    client = Client()
    client.force_login(person_of(seller))
    page = client.get("/selling/payouts/").content.decode()
    assert ("No longer connected" in page, account in page) == (True, True)

    answer = client.post("/selling/payouts/connect")

    seller.refresh_from_db()
    assert seller.stripe_account_id not in {None, account}
    assert answer["Location"].startswith(f"{sandbox.url}/setup/e/{seller.stripe_account_id}/")
    sandbox.control(f"/accounts/{seller.stripe_account_id}")
    refresh_seller(seller_id=seller.pk)
    order = place_order(product=product, user=buyer)
    assert order.destination_account_id == seller.stripe_account_id
    assert open_checkout(order=order).startswith(sandbox.url)


def test_the_event_that_it_was_deauthorised_is_enough(seller: SellerProfile, sandbox: Sandbox) -> None:
    account = str(seller.stripe_account_id)
    sandbox.control(f"/accounts/{account}/leave")
    event = {"id": "evt_gone", "object": "event", "type": "account.application.deauthorized", "account": account, "livemode": False}
    event["data"] = {"object": {"id": "ca_1", "object": "application"}}
    assert post_webhook(json.dumps(event).encode()) == 204

    assert handle_event(event_id="evt_gone").outcome == "seller brought up to date"

    assert FormerStripeAccount.objects.get().pk == account


def test_a_seller_who_goes_on_at_stripe_finds_out_and_gets_another_at_once(seller: SellerProfile, sandbox: Sandbox) -> None:
    account = str(seller.stripe_account_id)
    sandbox.control(f"/accounts/{account}/leave")

    connect_seller(seller=seller, actor=person_of(seller))

    seller.refresh_from_db()
    assert (FormerStripeAccount.objects.get().pk, seller.stripe_account_id not in {None, account}) == (account, True)


def test_a_link_that_is_refused_for_an_account_that_is_there_ends_nothing(seller: SellerProfile, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: str, *, handle: str) -> str:
        raise StripeAccountGone(reason="No such account")

    monkeypatch.setattr("billing.payouts.services.create_account_link", refused)
    before = seller.stripe_account_id

    with pytest.raises(StripeAccountGone):
        connect_seller(seller=seller, actor=person_of(seller))

    seller.refresh_from_db()
    assert (seller.stripe_account_id, FormerStripeAccount.objects.exists()) == (before, False)


def test_the_third_account_is_not_the_second_of_the_idempotency_key(seller: SellerProfile, sandbox: Sandbox) -> None:
    accounts = []
    for _ in range(3):
        accounts.append(deleted(sandbox, seller))
        connect_seller(seller=seller, actor=person_of(seller))
        seller.refresh_from_db()

    assert len({*accounts, seller.stripe_account_id}) == 4


@pytest.mark.parametrize("how", ["click", "event", "staff"])
def test_an_account_that_stripe_knows_again_is_taken_back(seller: SellerProfile, sandbox: Sandbox, staff: User, how: str) -> None:
    account = deauthorised(sandbox, seller)
    sandbox.control(f"/accounts/{account}/come-back")
    seller.refresh_from_db()

    if how == "click":
        connect_seller(seller=seller, actor=person_of(seller))
    elif how == "event":
        sandbox.control(f"/accounts/{account}")
        handle_event(event_id=sandbox.deliver("account.updated", account))
    else:
        ask_stripe_about(seller=seller, reason="The key was wrong for an hour.", actor=staff)
        refresh_seller_task(str(seller.pk))

    seller.refresh_from_db()
    assert (seller.stripe_account_id, seller.can_be_paid) == (account, True)
    assert not FormerStripeAccount.objects.exists()
    assert AuditEvent.objects.filter(action="seller.stripe_regained").count() == 1


def test_a_former_account_does_not_push_out_the_one_that_followed(seller: SellerProfile, sandbox: Sandbox) -> None:
    account = deauthorised(sandbox, seller)
    connect_seller(seller=seller, actor=person_of(seller))
    sandbox.control(f"/accounts/{account}/come-back")

    refresh_stripe_account(stripe_account_id=account)

    seller.refresh_from_db()
    assert (seller.stripe_account_id != account, FormerStripeAccount.objects.get().pk) == (True, account)


def test_staff_part_a_seller_from_an_account_for_good(seller: SellerProfile, sandbox: Sandbox, staff: User) -> None:
    account = str(seller.stripe_account_id)
    with pytest.raises(ReasonMissing):
        disconnect_stripe(seller=seller, reason=" ", actor=staff)
    assert not FormerStripeAccount.objects.exists()

    disconnect_stripe(seller=seller, reason="Somebody else's bank account.", actor=staff)
    with pytest.raises(StripeNotConnected):
        disconnect_stripe(seller=seller, reason="again", actor=staff)

    trail = AuditEvent.objects.get(action="seller.stripe_ended")
    assert (trail.actor, trail.reason) == (staff, "Somebody else's bank account.")
    assert refresh_stripe_account(stripe_account_id=account) is None
    seller.refresh_from_db()
    connect_seller(seller=seller, actor=person_of(seller))
    seller.refresh_from_db()
    assert seller.stripe_account_id not in {None, account}


def test_staff_who_ask_stripe_say_why_and_bring_the_seller_up_to_date(seller: SellerProfile, sandbox: Sandbox, staff: User) -> None:
    with pytest.raises(ReasonMissing):
        ask_stripe_about(seller=seller, reason="", actor=staff)
    sandbox.control(f"/accounts/{seller.stripe_account_id}", submitted=True, enabled=False)

    ask_stripe_about(seller=seller, reason="They say that all is well.", actor=staff)
    refresh_seller_task(str(seller.pk))

    seller.refresh_from_db()
    assert (seller.charges_enabled, AuditEvent.objects.get(action="seller.stripe_asked").actor) == (False, staff)


def test_an_organisation_s_owners_are_told(sandbox: Sandbox) -> None:
    team = OrganisationFactory()
    owners = [MembershipFactory(account=team, role="owner").user for _ in range(2)]
    SellerFactory(account=team, stripe_account_id="acct_of_a_team")

    end_stripe_account(stripe_account_id="acct_of_a_team", reason="x")

    mails = OutgoingMail.objects.all()
    assert {mail.to for mail in mails} >= {owner.email for owner in owners}
    assert all(f"/selling/payouts/?seller={team.handle}" in mail.body_text for mail in mails)


def test_what_is_nobody_s_changes_nothing() -> None:
    assert end_stripe_account(stripe_account_id="acct_of_nobody", reason="x") is None
    regain_stripe_account(stripe_account_id="acct_of_nobody")

    assert not FormerStripeAccount.objects.exists()


def test_an_account_without_the_right_to_transfers_is_not_sold_for(seller: SellerProfile, sandbox: Sandbox) -> None:
    sandbox.control(f"/accounts/{seller.stripe_account_id}", transfers=False)

    refresh_stripe_account(stripe_account_id=str(seller.stripe_account_id))

    seller.refresh_from_db()
    assert (seller.charges_enabled, seller.payouts_enabled) == (False, True)


class TestOrdersOfThatTime:
    """They keep the account that they were made with, and come to an end."""

    def test_a_checkout_that_is_refused_for_it_fails_its_order_and_ends_the_account(
        self, product: Product, buyer: User, sandbox: Sandbox
    ) -> None:
        order = place_order(product=product, user=buyer)
        account = order.destination_account_id
        sandbox.control(f"/accounts/{account}/leave")

        with pytest.raises(StripeRefused):
            open_checkout(order=order)

        order.refresh_from_db()
        product.seller.refresh_from_db()
        assert (order.state, order.destination_account_id) == ("failed", account)
        assert (product.seller.stripe_account_id, FormerStripeAccount.objects.get().pk) == (None, account)

    def test_one_that_is_paid_is_completed_with_the_account_it_was_made_with(self, opened: Order, sandbox: Sandbox) -> None:
        account = deauthorised(sandbox, opened.seller)
        sandbox.press(opened)

        order = reconcile_order(order_id=opened.pk)

        assert (order.state, order.destination_account_id, order.flagged_at) == ("paid", account, None)

    @pytest.fixture
    def stuck(self, opened: Order) -> Order:
        """An order of another mode: Stripe does not know its session under our key."""
        Order.objects.update(checkout_session_id="cs_live_of_another_mode", due_at=timezone.now())
        opened.refresh_from_db()
        return opened

    def test_its_buyer_is_told_that_we_look_at_it(self, stuck: Order, buyer: User) -> None:
        client = Client()
        client.force_login(buyer)

        assert client.get(f"/billing/return/{stuck.pk}/").status_code == 200
        answer = client.post(f"/billing/buy/{stuck.product_id}/")

        stuck.refresh_from_db()
        assert (stuck.flag.startswith("Stripe does not know this order: "), answer.status_code) == (True, 303)
        assert "No such session" in AuditEvent.objects.get(action="order.flagged").reason
        assert "under way" in str(next(iter(get_messages(answer.wsgi_request))))

    def test_staff_end_it_and_its_buyer_buys_anew(self, stuck: Order, staff: User, buyer: User, seller: SellerProfile) -> None:
        with pytest.raises(OrderCannotBeEnded):
            end_order(order=stuck, reason="Of the time before.", actor=staff)
        with pytest.raises(PaymentUnderWay):
            open_checkout(order=stuck)
        with pytest.raises(ReasonMissing):
            end_order(order=stuck, reason="", actor=staff)

        ended = end_order(order=stuck, reason="Of the time before.", actor=staff)

        trail = AuditEvent.objects.get(action="order.failed")
        assert (ended.state, ended.flagged_at, ended.checkout_url) == ("failed", None, "")
        assert (ended.closed_at is not None, trail.actor, trail.reason) == (True, staff, "Of the time before.")
        assert place_order(product=stuck.product, user=buyer) != stuck
        with pytest.raises(OrderCannotBeEnded):
            end_order(order=ended, reason="again", actor=staff)
