"""A subscriber changes to a larger edition: shown to the cent, charged once, theirs when it is paid, and refunded and disputed like any order."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from accounts.people.models import User
from accounts.sellers.models import FeeTerms
from audit.models import AuditEvent
from billing.invoices.models import Document
from billing.orders.models import Order
from billing.payments.reconcile import reconcile_order
from billing.reconciliation.models import Difference
from billing.reconciliation.tasks import reconcile_books
from billing.renewals import upgrade_payments, upgrading
from billing.renewals.period_orders import sale_of_period
from billing.renewals.reconcile import reconcile_subscription
from billing.renewals.repricing import apply_price_change
from billing.renewals.tasks import continue_upgrades
from billing.renewals.upgrade_payments import continue_upgrade, give_up_upgrade, try_upgrade_again
from billing.renewals.upgrading import begin_upgrade, offer_upgrade
from billing.stripe.errors import StripeAway, StripeRefused
from billing.stripe.subscriptions import Period
from billing.subscriptions.errors import (
    EditionHadAlready,
    UpgradeCostsOther,
    UpgradeNotOpen,
    UpgradeUnderWay,
)
from billing.subscriptions.models import Subscription
from billing.subscriptions.upgrade_models import Upgrade
from common.db.exclusive import alone
from common.money import Money
from outbox.mail.models import OutgoingMail
from tests.billing.renewals.conftest import clock, fresh, orders_of, price_of
from tests.billing.renewals.test_subscriptions import card, renew, sandbox_process
from tests.factories.billing import PriceChangeFactory, UpgradeFactory
from tests.support.sandbox import Sandbox
from tests.support.threads import run_in_threads

__all__ = ["sandbox_process"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("one_clock")]


def upgrade(subscription: Subscription, actor: User) -> Upgrade:
    offer = offer_upgrade(subscription=subscription, price=price_of("Pro"), actor=actor)
    return begin_upgrade(subscription=subscription, price=price_of("Pro"), actor=actor, at=offer.at, shown=offer.charge)


def test_the_difference_for_the_rest_of_the_period_is_charged_as_it_was_shown_and_pro_is_theirs(
    standard: Subscription, buyer: User, sandbox: Sandbox, holds: Callable[..., list[str]]
) -> None:
    assert len(holds(buyer)) == 1
    period_end = standard.period_end
    offer = offer_upgrade(subscription=standard, price=price_of("Pro"), actor=buyer)
    assert (offer.renews_at, abs(offer.charge.minor - 3000) <= 2, offer.choice.title) == (period_end, True, "Postgres HA, Pro")
    sandbox.control("/clock/advance", seconds=600)

    done = begin_upgrade(subscription=standard, price=price_of("Pro"), actor=buyer, at=offer.at, shown=offer.charge)

    now = fresh(standard)
    assert (done.state, done.charge, now.amount, now.product_title) == ("done", offer.charge.minor, 4900, "Postgres HA, Pro")
    assert orders_of(now) == [("Postgres HA, Standard", 1900, "paid", ""), ("Postgres HA, Pro", offer.charge.minor, "paid", "")]
    paid = now.orders.latest("created_at")
    assert (paid.period_start, paid.period_end, paid.images.count(), len(holds(buyer))) == (offer.at, period_end, 2, 2)
    assert (paid.booked_at is not None, paid.application_fee) == (True, offer.charge_fee.minor)
    (sold,) = Document.objects.get(order=paid).content["lines"]
    assert sold["text"].startswith("Postgres HA, Pro: Difference to the end of the period, ")
    assert (paid.pays_difference, now.orders.earliest("created_at").pays_difference) == (True, False)
    assert OutgoingMail.objects.filter(key=f"receipt:{paid.pk}", to=buyer.email).count() == 1
    assert AuditEvent.objects.filter(action="subscription.upgraded").count() == 1
    later = renew(sandbox, now)
    reconcile_subscription(subscription_id=now.pk, now=later)
    assert orders_of(now)[2:] == [("Postgres HA, Pro", 4900, "paid", "")]
    assert now.orders.latest("created_at").images.count() == 2
    with pytest.raises(EditionHadAlready, match="This subscription is for Postgres HA, Pro already"):
        upgrade(fresh(standard), buyer)


def test_who_changes_at_once_pays_the_whole_difference_also_while_our_clock_is_behind(
    standard: Subscription, buyer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = standard.orders.get().period_start
    assert begun is not None
    monkeypatch.setattr(upgrading, "timezone", SimpleNamespace(now=lambda: begun - timedelta(minutes=1)))

    done = upgrade(standard, buyer)

    assert (done.state, done.charge, done.prorated_at) == ("done", 3000, begun)
    assert orders_of(standard) == [("Postgres HA, Standard", 1900, "paid", ""), ("Postgres HA, Pro", 3000, "paid", "")]


def test_who_confirms_at_their_bank_has_it_once_that_is_paid(
    standard: Subscription, buyer: User, sandbox: Sandbox, holds: Callable[..., list[str]]
) -> None:
    card(sandbox, standard, "3184")

    waiting = upgrade(standard, buyer)

    assert (waiting.state, waiting.pay_url.startswith(sandbox.url), len(holds(buyer))) == ("unpaid", True, 1)
    assert continue_upgrade(upgrade_id=waiting.pk).state == "unpaid"
    with pytest.raises(UpgradeUnderWay):
        upgrade(fresh(standard), buyer)
    sandbox.http.post(f"/i/{waiting.invoice_id}", data={"card": "4242424242424242"})
    sandbox.deliver("invoice.paid")
    reconcile_subscription(subscription_id=standard.pk)
    Upgrade.objects.update(due_at=timezone.now())

    assert (len(holds(buyer)), fresh(standard).amount, continue_upgrades()) == (2, 4900, 1)
    assert Upgrade.objects.get().state == "done"


def test_what_was_paid_while_it_is_given_up_counts(standard: Subscription, buyer: User, sandbox: Sandbox) -> None:
    card(sandbox, standard, "3184")
    waiting = upgrade(standard, buyer)
    sandbox.http.post(f"/i/{waiting.invoice_id}", data={"card": "4242424242424242"})

    assert give_up_upgrade(subscription=standard, actor=buyer) == waiting

    assert (Upgrade.objects.get().state, fresh(standard).amount) == ("done", 4900)


@pytest.mark.parametrize("lost", ["/v1/subscriptions", "/v1/prices"])
def test_an_answer_that_was_lost_is_found_and_charged_once(standard: Subscription, buyer: User, sandbox: Sandbox, lost: str) -> None:
    offer = offer_upgrade(subscription=standard, price=price_of("Pro"), actor=buyer)
    sandbox.fail(lost, times=1, mode="lost", method="POST")
    sandbox.fail(lost, method="POST")
    with pytest.raises(StripeAway):
        begin_upgrade(subscription=standard, price=price_of("Pro"), actor=buyer, at=offer.at, shown=offer.charge)
    sandbox.mend()
    assert Upgrade.objects.get().state == "asked"
    Upgrade.objects.update(due_at=timezone.now())

    assert continue_upgrades() == 1

    assert [(row.state, row.charge) for row in Upgrade.objects.all()] == [("done", offer.charge.minor)]
    assert [amount for _, amount, *_ in orders_of(standard)] == [1900, offer.charge.minor]
    assert len(sandbox.get("/invoices", subscription=standard.stripe_subscription_id)["data"]) == 2


def test_the_webhook_alone_makes_the_order_of_an_upgrade_whose_answer_was_lost(
    standard: Subscription, buyer: User, sandbox: Sandbox, holds: Callable[..., list[str]]
) -> None:
    offer = offer_upgrade(subscription=standard, price=price_of("Pro"), actor=buyer)
    sandbox.fail("/v1/subscriptions", times=1, mode="lost", method="POST")
    sandbox.fail("/v1/subscriptions", method="POST")
    with pytest.raises(StripeAway):
        begin_upgrade(subscription=standard, price=price_of("Pro"), actor=buyer, at=offer.at, shown=offer.charge)
    sandbox.mend()

    for _ in range(2):
        reconcile_subscription(subscription_id=standard.pk)

    assert (Upgrade.objects.get().state, len(holds(buyer)), len(orders_of(standard))) == ("paid", 2, 2)
    assert continue_upgrade(upgrade_id=Upgrade.objects.get().pk).state == "done"


@pytest.fixture
def unanswered(standard: Subscription, buyer: User, sandbox: Sandbox) -> Upgrade:
    """One that is paid, of which Stripe's answer was lost."""
    offer = offer_upgrade(subscription=standard, price=price_of("Pro"), actor=buyer)
    sandbox.fail("/v1/subscriptions", times=1, mode="lost", method="POST")
    sandbox.fail("/v1/subscriptions", method="POST")
    with pytest.raises(StripeAway):
        begin_upgrade(subscription=standard, price=price_of("Pro"), actor=buyer, at=offer.at, shown=offer.charge)
    sandbox.mend()
    return Upgrade.objects.get()


@pytest.mark.parametrize("refuses", [True, False])
def test_what_was_paid_counts_although_the_subscription_has_changed_since(
    unanswered: Upgrade, monkeypatch: pytest.MonkeyPatch, *, refuses: bool
) -> None:
    def changed_since(*_: object, **__: object) -> str:
        if refuses:
            raise StripeRefused(reason="It has another invoice by now.")
        return ""

    monkeypatch.setattr(upgrade_payments, "charge_difference", changed_since)

    assert continue_upgrade(upgrade_id=unanswered.pk).state == "done"
    assert orders_of(unanswered.subscription)[1:] == [("Postgres HA, Pro", unanswered.charge, "paid", "")]


@pytest.mark.parametrize(("another", "state"), [(False, "paid"), (True, "done")])
def test_what_was_closed_as_not_charged_counts_once_it_is_known_to_be_paid(
    unanswered: Upgrade, buyer: User, holds: Callable[..., list[str]], *, another: bool, state: str
) -> None:
    Upgrade.objects.update(state="failed", closed_at=timezone.now(), why_failed="Nothing was charged.")
    if another:
        UpgradeFactory(subscription=unanswered.subscription)

    reconcile_subscription(subscription_id=unanswered.subscription_id)

    unanswered.refresh_from_db()
    assert (unanswered.state, unanswered.why_failed, len(holds(buyer))) == (state, "", 2)
    assert orders_of(unanswered.subscription)[1:] == [("Postgres HA, Pro", unanswered.charge, "paid", "")]


def test_what_a_code_took_off_a_difference_is_not_taken_off_once_more(standard: Subscription) -> None:
    made = UpgradeFactory(subscription=standard, invoice_id="in_1", charge=1500)
    ends, paid = made.period_end, Money(1500, "eur")

    sale = sale_of_period(standard, Period("in_1", "pi_1", amount=paid, begins_at=made.prorated_at, ends_at=ends, off=400))

    assert (sale.off, sale.terms.amount, sale.upgrade) == (0, 1500, made)


def test_the_whole_of_an_upgrade_is_refunded_and_the_smaller_edition_stays_to_its_end(
    standard: Subscription, buyer: User, sandbox: Sandbox, holds: Callable[..., list[str]]
) -> None:
    upgrade(standard, buyer)
    paid = standard.orders.latest("created_at")
    sandbox.post("/refunds", payment_intent=paid.payment_intent_id, reverse_transfer="true", refund_application_fee="true")
    sandbox.deliver("charge.refunded")
    reconcile_order(order_id=paid.pk)

    assert (Order.objects.get(pk=paid.pk).state, len(holds(buyer))) == ("refunded", 1)
    reconcile_subscription(subscription_id=standard.pk, now=clock(sandbox))
    assert fresh(standard).end_wanted_at is not None
    assert (fresh(standard).state, len(holds(buyer))) == ("ended", 1)


def test_who_gets_the_smaller_edition_back_keeps_only_what_the_difference_was_paid_for(
    standard: Subscription, buyer: User, sandbox: Sandbox, holds: Callable[..., list[str]]
) -> None:
    (image,) = holds(buyer)
    upgrade(standard, buyer)
    first = standard.orders.earliest("created_at")
    sandbox.post("/refunds", payment_intent=first.payment_intent_id, reverse_transfer="true", refund_application_fee="true")

    reconcile_order(order_id=first.pk)

    assert (len(holds(buyer)), image in holds(buyer)) == (1, False)


def test_a_disputed_upgrade_pauses_and_a_lost_one_ends_it(
    standard: Subscription, buyer: User, sandbox: Sandbox, holds: Callable[..., list[str]]
) -> None:
    upgrade(standard, buyer)
    paid = standard.orders.latest("created_at")
    dispute = sandbox.control(f"/charges/{paid.payment_intent_id}/dispute")["id"]
    reconcile_order(order_id=paid.pk)
    assert (Order.objects.get(pk=paid.pk).state, holds(buyer)) == ("disputed", [])

    sandbox.control(f"/disputes/{dispute}/lose")
    reconcile_order(order_id=paid.pk)

    assert (Order.objects.get(pk=paid.pk).state, len(holds(buyer))) == ("charged_back", 1)


def test_stripe_and_the_books_agree_after_an_upgrade(standard: Subscription, buyer: User, sandbox: Sandbox) -> None:
    upgrade(standard, buyer)
    sandbox.control("/clock/advance", days=8)

    reconcile_books()

    assert list(Difference.objects.values_list("kind", "booked_amount", "stripe_amount")) == []


def test_two_clicks_at_once_are_charged_once(standard: Subscription, buyer: User, sandbox: Sandbox) -> None:
    offer = offer_upgrade(subscription=standard, price=price_of("Pro"), actor=buyer)

    def click() -> str:
        try:
            return begin_upgrade(subscription=fresh(standard), price=price_of("Pro"), actor=buyer, at=offer.at, shown=offer.charge).state
        except (UpgradeUnderWay, UpgradeCostsOther, EditionHadAlready):
            return "refused"

    assert sorted(run_in_threads(2, click)) == ["done", "refused"]

    assert len(sandbox.get("/invoices", subscription=standard.stripe_subscription_id)["data"]) == 2
    assert [amount for _, amount, *_ in orders_of(standard)] == [1900, offer.charge.minor]


def test_staff_have_an_upgrade_gone_on_with_that_was_given_up_while_it_is_open(buyer: User) -> None:
    given_up = UpgradeFactory(given_up_at=timezone.now(), attempts=20)

    try_upgrade_again(upgrade=given_up, reason="Stripe is back.", actor=buyer)

    assert (Upgrade.objects.get().attempts, Upgrade.objects.get().given_up_at) == (0, None)
    Upgrade.objects.update(state="done", closed_at=timezone.now())
    with pytest.raises(UpgradeNotOpen):
        try_upgrade_again(upgrade=given_up, reason="Once more.", actor=buyer)
    assert "Pro, €2.50, asked" in str(given_up)


def test_what_was_announced_for_the_smaller_edition_waits_for_an_upgrade_and_ends_with_it(
    standard: Subscription, buyer: User, sandbox: Sandbox
) -> None:
    change = PriceChangeFactory(subscription=standard, amount=2000, due_at=timezone.now(), counts_from=standard.period_end)
    card(sandbox, standard, "3184")
    waiting = upgrade(standard, buyer)

    assert apply_price_change(change_id=change.pk).state == "announced"
    sandbox.http.post(f"/i/{waiting.invoice_id}", data={"card": "4242424242424242"})
    assert continue_upgrade(upgrade_id=waiting.pk).state == "done"

    assert apply_price_change(change_id=change.pk).state == "dropped"
    assert fresh(standard).amount == 4900


def test_our_part_of_later_periods_is_told_to_stripe(standard: Subscription, buyer: User, sandbox: Sandbox) -> None:
    FeeTerms.objects.create(seller=standard.seller, basis_points=500, starts_at=clock(sandbox), reason="Agreed.")

    done = upgrade(standard, buyer)

    found = sandbox.get(f"/subscriptions/{standard.stripe_subscription_id}")
    assert (found["application_fee_percent"], done.application_fee, done.charge_fee) == (5.0, 245, round(done.charge / 10))


def test_who_asks_while_somebody_else_does_is_told_how_it_stands(buyer: User) -> None:
    made = UpgradeFactory()

    with alone(f"billing.price:{made.subscription_id}") as first:
        assert (first, continue_upgrade(upgrade_id=made.pk).state) == (True, "asked")


def test_one_that_was_paid_before_its_subscription_ended_counts_to_the_end_of_the_period(
    standard: Subscription, buyer: User, sandbox: Sandbox, holds: Callable[..., list[str]]
) -> None:
    card(sandbox, standard, "3184")
    waiting = upgrade(standard, buyer)
    sandbox.http.post(f"/i/{waiting.invoice_id}", data={"card": "4242424242424242"})
    sandbox.http.delete(f"/v1/subscriptions/{standard.stripe_subscription_id}").raise_for_status()

    assert continue_upgrade(upgrade_id=waiting.pk).state == "done"

    assert (fresh(standard).state, len(holds(buyer))) == ("ended", 2)
