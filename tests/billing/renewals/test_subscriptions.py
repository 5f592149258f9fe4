"""A product paid by the month: from the first payment over renewals, a refused card and a refund to its end."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db.models import F
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.people.models import Account, User
from accounts.sellers.models import SellerProfile
from audit.models import AuditEvent
from billing.checkout.opening import open_checkout
from billing.checkout.placing import place_order
from billing.inbox.services import handle_event
from billing.ledger.models import LedgerEntry
from billing.orders.errors import AlreadyOwned
from billing.orders.models import Order, OrderImage
from billing.payments.reconcile import reconcile_order
from billing.payments.refunding import continue_refund
from billing.reconciliation.comparing import compare
from billing.reconciliation.models import Difference, Statement, StatementLine
from billing.reconciliation.tasks import reconcile_books
from billing.refunds.services import request_refund
from billing.renewals import reconcile, services, tasks
from billing.renewals.reconcile import reconcile_subscription
from billing.renewals.services import end_lapsed_access, end_stopped_subscriptions, set_renewal
from billing.renewals.tasks import reconcile_subscriptions
from billing.stripe.subscriptions import Period, SubscriptionFacts, read_subscription
from billing.subscriptions.errors import SubscriptionEnded
from billing.subscriptions.locks import lock_subscription
from billing.subscriptions.models import Subscription
from common.db.errors import LockTimeout
from common.ids import new_id
from common.money import Money
from marketplace.entitlements.models import Entitlement
from marketplace.entitlements.services.grants import grant_entitlements
from marketplace.products.models import Price, Product
from marketplace.products.services.prices import set_price
from outbox.mail.models import OutgoingMail
from tests.billing.checkout.conftest import acme, owner
from tests.billing.conftest import person_of
from tests.billing.renewals.conftest import clock
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.support.sandbox import Sandbox, running_sandbox

__all__ = ["acme", "owner"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox of its own: its clock is set forward."""
    with running_sandbox(tmp_path_factory.mktemp("sandbox")) as sandbox:
        yield sandbox


@pytest.fixture
def monthly(product: Product, seller: SellerProfile) -> Product:
    set_price(product=product, money=Money(1900, "eur"), actor=person_of(seller), interval=Price.Interval.MONTH)
    return product


@pytest.fixture
def first(monthly: Product, buyer: User, buy: Callable[..., Order]) -> Order:
    """The order of the first period, paid and reconciled."""
    return reconcile_order(order_id=buy(monthly, buyer).pk)


@pytest.fixture
def subscription(first: Order) -> Subscription:
    return Subscription.objects.get(orders=first)


def renew(sandbox: Sandbox, subscription: Subscription) -> datetime:
    """Set Stripe's clock to when the next period has been charged; return what it says then."""
    period_end = Subscription.objects.get(pk=subscription.pk).period_end
    assert period_end is not None
    sandbox.control("/clock/advance", seconds=int((period_end - clock(sandbox)).total_seconds()) + 3700)
    return clock(sandbox)


def card(sandbox: Sandbox, subscription: Subscription, last4: str) -> None:
    sandbox.control(f"/customers/{subscription.stripe_customer_id}/card", last4=last4)


def why_it_ended() -> tuple[str, bool]:
    """Return the reason that the one mail about the end gives, and whether it says that payment failed."""
    body = OutgoingMail.objects.get(key__startswith="subscription_ended:").body_text
    given = next((line for line in body.splitlines() if "Why it ended:" in line), "")
    return given.partition("Why it ended: ")[2].strip(), "failed several times" in body


def test_a_subscription_is_paid_by_card_alone(sandbox: Sandbox, monthly: Product, opened: Order) -> None:
    """Its first bank debit would come, or not, days after the subscription has begun at Stripe."""
    session = sandbox.get(f"/checkout/sessions/{opened.checkout_session_id}")

    assert (session["mode"], session["payment_method_types"]) == ("subscription", ["card"])


def test_the_first_payment_begins_a_subscription_and_grants_pull(
    first: Order, subscription: Subscription, buyer: User, holds: Callable[..., list[str]], sandbox: Sandbox
) -> None:
    image = first.images.get().image

    assert (first.state, first.paid_with, first.flag) == ("paid", "card ending 4242", "")
    assert (subscription.state, subscription.money, subscription.buyer_id) == ("active", Money(1900, "eur"), buyer.account.pk)
    assert (first.period_end, subscription.period_end) == (subscription.period_end, subscription.period_end)
    assert subscription.access_until == (first.period_end or timezone.now()) + timedelta(days=7)
    assert holds(buyer) == [image.repository]
    entitlement = Entitlement.objects.get()
    assert (entitlement.source_kind, entitlement.source_id) == ("subscribed", subscription.pk)
    assert [mail.key for mail in OutgoingMail.objects.all()] == [f"receipt:{first.pk}"]
    intent = sandbox.get(f"/payment_intents/{first.payment_intent_id}")
    assert (intent["application_fee_amount"], intent["transfer_data"]["destination"]) == (190, first.destination_account_id)
    assert set(first.ledger_transactions.values_list("kind", flat=True)) == {"charge", "transfer", "application_fee"}


def test_who_has_subscribed_is_not_sold_it_again(first: Order, monthly: Product, buyer: User) -> None:
    with pytest.raises(AlreadyOwned):
        place_order(product=monthly, user=buyer)

    assert Order.objects.count() == 1


def test_each_period_that_is_paid_is_an_order_of_its_own(
    first: Order, subscription: Subscription, sandbox: Sandbox, buyer: User, holds: Callable[..., list[str]]
) -> None:
    now = renew(sandbox, subscription)

    after = [reconcile_subscription(subscription_id=subscription.pk, now=now) for _ in range(2)][-1]

    second = Order.objects.exclude(pk=first.pk).get()
    assert (second.state, second.money, second.flag, second.subscription_id) == ("paid", Money(1900, "eur"), "", subscription.pk)
    assert (second.period_start, second.period_end) == (first.period_end, after.period_end)
    assert [one.repository for one in second.images.all()] == [one.repository for one in first.images.all()]
    assert (after.state, after.access_until) == ("active", (after.period_end or now) + timedelta(days=7))
    assert len(holds(buyer)) == 1
    assert sorted(OutgoingMail.objects.values_list("key", flat=True)) == sorted(f"receipt:{order.pk}" for order in (first, second))
    assert set(second.ledger_transactions.values_list("kind", flat=True)) == {"charge", "transfer", "application_fee"}
    assert sum(LedgerEntry.objects.values_list("amount", flat=True)) == 0


def test_both_balances_agree_with_the_books_after_renewals(
    first: Order, subscription: Subscription, sandbox: Sandbox, seller: SellerProfile
) -> None:
    sandbox.control(f"/accounts/{seller.stripe_account_id}/bank", fails="account_closed")  # payouts are another test's
    now = renew(sandbox, subscription)
    reconcile_subscription(subscription_id=subscription.pk, now=now)

    reconcile_books()
    for statement in Statement.objects.filter(account_id=seller.stripe_account_id):
        compare(statement, now=timezone.now() + timedelta(days=60))

    agreed = StatementLine.objects.filter(statement__account_id=seller.stripe_account_id, type="payment", agreed_at__isnull=False)
    assert agreed.count() == 2
    assert list(Difference.objects.filter(line__type="payment").values_list("kind", "stripe_amount", "booked_amount")) == []


def test_webhook_and_sweep_do_the_same(first: Order, subscription: Subscription, sandbox: Sandbox) -> None:
    renew(sandbox, subscription)
    invoice = sandbox.events("invoice.paid")[-1]["data"]["object"]["id"]

    heard = [("invoice.paid", invoice), ("customer.subscription.updated", subscription.stripe_subscription_id)]
    outcomes = [handle_event(event_id=sandbox.deliver(kind, about)).outcome for kind, about in heard]
    assert outcomes == ["subscription active"] * 2
    Subscription.objects.update(due_at=timezone.now())
    assert reconcile_subscriptions() == 1

    assert sorted(Order.objects.values_list("state", flat=True)) == ["paid", "paid"]


def test_an_invoice_of_nobody_here_changes_nothing(subscription: Subscription, sandbox: Sandbox) -> None:
    invoice = Order.objects.get().invoice_id
    Order.objects.update(subscription=None)
    Subscription.objects.all().delete()

    assert handle_event(event_id=sandbox.deliver("invoice.paid", invoice)).outcome == "no subscription here"
    assert Subscription.objects.count() == 0


def test_a_refused_card_is_told_of_and_access_lasts_through_the_grace(
    subscription: Subscription, sandbox: Sandbox, buyer: User, holds: Callable[..., list[str]]
) -> None:
    card(sandbox, subscription, "0341")
    now = renew(sandbox, subscription)
    paid_until = subscription.period_end or now

    failed = reconcile_subscription(subscription_id=subscription.pk, now=now)

    assert (failed.state, failed.failed_at, failed.access_until) == ("past_due", now, paid_until + timedelta(days=7))
    assert (len(holds(buyer)), Order.objects.count()) == (1, 1)
    mail = OutgoingMail.objects.exclude(key__startswith="receipt").get()
    assert ("failed" in mail.subject, "/subscriptions/" in mail.body_text) == (True, True)
    lapsed = reconcile_subscription(subscription_id=subscription.pk, now=now + timedelta(days=8))
    assert (lapsed.access_until, holds(buyer)) == (None, [])
    assert OutgoingMail.objects.count() == 2  # it is told of once

    card(sandbox, subscription, "4242")
    sandbox.control("/clock/advance", days=1)
    back = reconcile_subscription(subscription_id=subscription.pk, now=clock(sandbox))

    assert (back.state, back.failed_at, len(holds(buyer))) == ("active", None, 1)
    assert Order.objects.filter(state="paid").count() == 2


def test_access_ends_with_the_grace_also_while_stripe_is_away(
    subscription: Subscription, sandbox: Sandbox, buyer: User, holds: Callable[..., list[str]]
) -> None:
    sandbox.fail("/v1/")
    assert end_lapsed_access() == 0
    Subscription.objects.update(access_until=timezone.now())

    assert (end_lapsed_access(), end_lapsed_access()) == (1, 0)

    assert holds(buyer) == []
    assert Entitlement.objects.get().revocation_reason == "The paid time of the subscription is over."


def test_it_ends_after_the_last_attempt_and_says_so(subscription: Subscription, sandbox: Sandbox, buyer: User) -> None:
    card(sandbox, subscription, "0341")
    renew(sandbox, subscription)
    sandbox.control("/clock/advance", days=15)

    ended = reconcile_subscription(subscription_id=subscription.pk, now=clock(sandbox))

    assert (ended.state, ended.access_until) == ("ended", None)
    mail = OutgoingMail.objects.exclude(key__startswith="receipt").get()
    assert ("ended" in mail.subject, *why_it_ended()) == (True, "", True)
    assert "subscription.ended" in AuditEvent.objects.values_list("action", flat=True)


def test_a_buyer_cancels_takes_it_back_and_cancels_again(
    subscription: Subscription, sandbox: Sandbox, buyer: User, holds: Callable[..., list[str]]
) -> None:
    canceled = set_renewal(subscription=subscription, renews=False, actor=buyer)
    assert (canceled.ends_with_period, canceled.access_until) == (True, canceled.period_end)
    back = set_renewal(subscription=canceled, renews=True, actor=buyer)
    assert (back.ends_with_period, back.access_until) == (False, (back.period_end or timezone.now()) + timedelta(days=7))
    set_renewal(subscription=back, renews=False, actor=buyer)
    assert len(holds(buyer)) == 1

    now = renew(sandbox, subscription)
    ended = reconcile_subscription(subscription_id=subscription.pk, now=now)

    assert (ended.state, ended.access_until, holds(buyer), Order.objects.count()) == ("ended", None, [], 1)
    assert (ended.failed_at, *why_it_ended()) == (None, "", False)
    with pytest.raises(SubscriptionEnded):
        set_renewal(subscription=ended, renews=True, actor=buyer)
    assert Subscription.objects.get().state == "ended"


def test_the_buttons_of_the_page_reach_stripe(subscription: Subscription, sandbox: Sandbox, buyer: User, client: Client) -> None:
    client.force_login(buyer)
    renewal, card_page = (reverse(f"billing:subscription_{name}", args=[subscription.pk]) for name in ("renewal", "card"))

    client.post(renewal)
    assert sandbox.get(f"/subscriptions/{subscription.stripe_subscription_id}")["cancel_at_period_end"] is True
    client.post(renewal, {"renews": "yes"})
    assert sandbox.get(f"/subscriptions/{subscription.stripe_subscription_id}")["cancel_at_period_end"] is False
    answer = client.post(card_page)

    assert (answer.status_code, answer["Location"].startswith(f"{sandbox.url}/p/session/")) == (303, True)
    assert "Postgres HA" in sandbox.http.get(answer["Location"]).text


def test_a_refund_of_the_last_period_ends_access_and_the_subscription(
    first: Order, subscription: Subscription, sandbox: Sandbox, buyer: User, holds: Callable[..., list[str]], seller: SellerProfile
) -> None:
    refund = request_refund(order=first, amount=Money(100, "eur"), reason="A day was lost.", actor=person_of(seller))
    continue_refund(refund_id=refund.pk)
    assert (Order.objects.get().state, len(holds(buyer))) == ("partially_refunded", 1)

    refund = request_refund(order=first, amount=None, reason="It did not start.", actor=person_of(seller))
    continue_refund(refund_id=refund.pk)

    assert (Order.objects.get().state, holds(buyer)) == ("refunded", [])
    assert reconcile_subscriptions() == 1
    assert Subscription.objects.get().state == "ended"
    assert sandbox.get(f"/subscriptions/{subscription.stripe_subscription_id}")["status"] == "canceled"
    assert why_it_ended() == ("A period of it was given back.", False)
    assert sum(LedgerEntry.objects.values_list("amount", flat=True)) == 0


def test_a_dispute_pauses_access_and_a_won_one_resumes_it(
    first: Order, subscription: Subscription, sandbox: Sandbox, buyer: User, holds: Callable[..., list[str]]
) -> None:
    dispute = str(sandbox.control(f"/charges/{first.payment_intent_id}/dispute")["id"])
    handle_event(event_id=sandbox.deliver("charge.dispute.created", dispute))
    assert (Order.objects.get().state, holds(buyer), Entitlement.objects.get().revoked_at) == ("disputed", [], None)

    sandbox.control(f"/disputes/{dispute}/win")
    reconcile_order(order_id=first.pk)

    assert (Order.objects.get().state, len(holds(buyer))) == ("paid", 1)


def test_a_subscription_of_a_stopped_seller_is_ended(
    subscription: Subscription, seller: SellerProfile, sandbox: Sandbox, buyer: User
) -> None:
    assert end_stopped_subscriptions() == 0
    SellerProfile.objects.update(suspended_at=timezone.now(), suspension_reason="Fraud")

    assert (end_stopped_subscriptions(), end_stopped_subscriptions()) == (1, 0)
    reconcile_subscriptions()

    assert Subscription.objects.get().state == "ended"
    assert why_it_ended() == ("Its seller, its product or an image in it was stopped.", False)
    with pytest.raises(SubscriptionEnded):
        set_renewal(subscription=Subscription.objects.get(), renews=True, actor=buyer)


def test_a_second_payment_for_the_same_goes_back_and_its_subscription_ends(
    monthly: Product, buyer: User, buy: Callable[..., Order], sandbox: Sandbox, holds: Callable[..., list[str]]
) -> None:
    order = buy(monthly, buyer)
    image = order.images.get().image
    grant_entitlements(holder=buyer.account, images=[image], source_kind=Entitlement.Source.STAFF, source_id=new_id())

    returned = reconcile_order(order_id=order.pk)
    reconcile_subscriptions()

    assert (returned.state, Subscription.objects.get().state) == ("refunded", "ended")
    assert (returned.refunds.get().reason.startswith("Paid a second time"), len(holds(buyer))) == (True, 1)


def test_an_unknown_state_at_stripe_changes_no_state_and_alarms(
    subscription: Subscription, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(reconcile, "STATES", {})

    same = reconcile_subscription(subscription_id=subscription.pk)

    assert (same.state, "subscription in an unknown state" in caplog.text) == ("active", True)


def test_who_is_overtaken_asks_again_and_gives_up_in_the_end(subscription: Subscription, monkeypatch: pytest.MonkeyPatch) -> None:

    def overtaken(stripe_id: str) -> SubscriptionFacts:
        Subscription.objects.update(revision=F("revision") + 1)
        return read_subscription(stripe_id)

    monkeypatch.setattr(reconcile, "read_subscription", overtaken)
    monkeypatch.setattr(reconcile, "_ATTEMPTS", 2)

    with pytest.raises(LockTimeout):
        reconcile_subscription(subscription_id=subscription.pk)

    assert Subscription.objects.get().revision == 2


def test_of_two_that_hear_of_a_period_at_once_one_adds_its_order(first: Order, subscription: Subscription) -> None:
    assert first.invoice_id
    assert first.period_start
    assert first.period_end
    same = Period(first.invoice_id, "pi_1", first.money, first.period_start, first.period_end)

    assert reconcile._add_order(subscription, same) == first
    Order.objects.update(invoice_id=None)

    assert reconcile._add_order(subscription, same) is None
    assert (Order.objects.count(), OrderImage.objects.count()) == (1, 1)


def test_who_is_overtaken_by_another_worker_ends_nothing_twice(
    subscription: Subscription, buyer: User, holds: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    Subscription.objects.update(end_wanted_at=timezone.now(), access_until=timezone.now())
    monkeypatch.setattr(services, "_stopped", Subscription.objects.all)
    assert services.end_stopped_subscriptions() == 0

    def brought_in_line_before(*, subscription_id: UUID) -> Subscription:
        Subscription.objects.update(access_until=timezone.now() + timedelta(days=1))
        return lock_subscription(subscription_id=subscription_id)

    monkeypatch.setattr(services, "lock_subscription", brought_in_line_before)
    assert tasks.end_lapsed_access() == 0

    assert (len(holds(buyer)), str(Subscription.objects.get())) == (1, "Postgres HA, €19.00, active")


def test_an_organisation_subscribes(monthly: Product, buyer: User, acme: Account, owner: User, sandbox: Sandbox) -> None:
    order = place_order(product=monthly, user=owner, buyer=acme)
    open_checkout(order=order)
    order.refresh_from_db()
    sandbox.press(order)

    paid = reconcile_order(order_id=order.pk)

    assert paid.subscription is not None
    assert (paid.subscription.buyer_id, paid.subscription.placed_by_id) == (acme.pk, owner.pk)
    assert acme.entitlements.in_force().count() == 1
    MembershipFactory(account=acme, user=UserFactory(), role="billing")
    card(sandbox, paid.subscription, "0341")
    now = renew(sandbox, paid.subscription)
    reconcile_subscription(subscription_id=paid.subscription_id, now=now)  # type: ignore[arg-type]  # it is there
    assert OutgoingMail.objects.filter(key__startswith="subscription_failed").count() == 2
