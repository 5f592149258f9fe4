"""An upgrade that is refused, given up or not confirmed: nothing is charged and nothing changes."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.people.models import User
from accounts.sellers.models import SellerProfile
from billing.orders.errors import AlreadyOwned, SellerMayNotSell
from billing.renewals import upgrade_payments, upgrading
from billing.renewals.reconcile import reconcile_subscription
from billing.renewals.upgrade_payments import continue_upgrade, give_up_upgrade
from billing.renewals.upgrading import begin_upgrade, offer_upgrade
from billing.stripe.errors import StripeAway, StripeRefused
from billing.stripe.upgrades import charge_difference
from billing.subscriptions.errors import (
    CodeStillReduces,
    EditionHadAlready,
    SubscriptionEnded,
    SubscriptionEnding,
    SubscriptionNotPaid,
    TooLittleToCharge,
    UpgradeCostsOther,
    UpgradeUnderWay,
)
from billing.subscriptions.models import Subscription
from billing.subscriptions.upgrade_models import Upgrade
from common.db.exclusive import alone
from common.ids import new_id
from common.money import Money
from marketplace.products.models import Product
from outbox.mail.models import OutgoingMail
from tests.billing.renewals.conftest import clock, fresh, orders_of, price_of
from tests.billing.renewals.test_subscriptions import card, sandbox_process
from tests.billing.renewals.test_upgrades import upgrade
from tests.factories.billing import SubscriptionFactory, UpgradeFactory
from tests.factories.marketplace import EntitlementFactory
from tests.support.sandbox import Sandbox

__all__ = ["sandbox_process"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("one_clock")]


def test_a_refused_card_changes_nothing(standard: Subscription, buyer: User, sandbox: Sandbox, holds: Callable[..., list[str]]) -> None:
    card(sandbox, standard, "0341")

    failed = upgrade(standard, buyer)

    assert (failed.state, "refused" in failed.why_failed, len(holds(buyer))) == ("failed", True, 1)
    assert orders_of(standard) == [("Postgres HA, Standard", 1900, "paid", "")]
    found = sandbox.get(f"/subscriptions/{standard.stripe_subscription_id}")
    assert (found["pending_update"], found["status"], found["items"]["data"][0]["price"]["unit_amount"]) == (None, "active", 1900)
    card(sandbox, standard, "4242")
    sandbox.control("/clock/advance", seconds=1)
    assert upgrade(fresh(standard), buyer).state == "done"


def test_the_same_form_sent_again_after_a_refused_card_is_not_charged(standard: Subscription, buyer: User, sandbox: Sandbox) -> None:
    card(sandbox, standard, "0341")
    offer = offer_upgrade(subscription=standard, price=price_of("Pro"), actor=buyer)
    failed = begin_upgrade(subscription=standard, price=price_of("Pro"), actor=buyer, at=offer.at, shown=offer.charge)
    card(sandbox, standard, "4242")

    with pytest.raises(UpgradeCostsOther):
        begin_upgrade(subscription=standard, price=price_of("Pro"), actor=buyer, at=offer.at, shown=offer.charge)

    assert (failed.state, Upgrade.objects.count(), Upgrade.objects.open().count()) == ("failed", 1, 0)
    was, ends = standard.money, failed.period_end
    key, to = new_id(), standard.stripe_subscription_id
    made = charge_difference(to, key=key, price=failed.money, was=was, period_end=ends, at=offer.at)
    assert made not in {"", failed.invoice_id}


def test_in_the_hour_in_which_a_renewal_is_a_draft_nothing_larger_is_sold_for_the_difference(
    standard: Subscription, buyer: User, sandbox: Sandbox
) -> None:
    assert standard.period_end is not None
    sandbox.control("/clock/advance", seconds=int((standard.period_end - clock(sandbox)).total_seconds()) + 60)
    assert reconcile_subscription(subscription_id=standard.pk, now=clock(sandbox)).state == "active"
    with pytest.raises(SubscriptionNotPaid):
        offer_upgrade(subscription=fresh(standard), price=price_of("Pro"), actor=buyer)
    sandbox.control("/clock/advance", seconds=3700)
    reconcile_subscription(subscription_id=standard.pk, now=clock(sandbox))

    assert offer_upgrade(subscription=fresh(standard), price=price_of("Pro"), actor=buyer).choice.larger is True


def test_what_stripe_leaves_open_can_still_be_paid(
    standard: Subscription, buyer: User, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    card(sandbox, standard, "3184")
    upgrade(standard, buyer)
    monkeypatch.setattr(upgrade_payments, "void_difference", lambda _: None)

    left = give_up_upgrade(subscription=standard, actor=buyer)

    assert left is not None
    assert (left.state, left.why_failed, left.pay_url.startswith(sandbox.url)) == ("unpaid", "", True)


def test_nobody_gives_up_what_is_looked_at_at_that_moment(buyer: User) -> None:
    made = UpgradeFactory(state="unpaid", subscription=SubscriptionFactory(placed_by=buyer))

    with alone(f"billing.price:{made.subscription_id}"), pytest.raises(UpgradeUnderWay):
        give_up_upgrade(subscription=made.subscription, actor=buyer)

    assert Upgrade.objects.get().state == "unpaid"


def test_what_is_not_confirmed_in_a_day_is_not_charged_and_mailed(standard: Subscription, buyer: User, sandbox: Sandbox) -> None:
    card(sandbox, standard, "3184")
    waiting = upgrade(standard, buyer)
    sandbox.control("/clock/advance", seconds=23 * 3600)

    failed = continue_upgrade(upgrade_id=waiting.pk)

    assert (failed.state, fresh(standard).amount, len(orders_of(standard))) == ("failed", 1900, 1)
    mail = OutgoingMail.objects.get(key__startswith="upgrade_failed:")
    assert (mail.to, "nothing was charged" in mail.body_text) == (buyer.email, True)
    assert continue_upgrade(upgrade_id=waiting.pk).state == "failed"


def test_who_gives_it_up_is_not_charged(standard: Subscription, buyer: User, sandbox: Sandbox) -> None:
    assert give_up_upgrade(subscription=standard, actor=buyer) is None
    card(sandbox, standard, "3184")
    waiting = upgrade(standard, buyer)

    given_up = give_up_upgrade(subscription=standard, actor=buyer)

    assert given_up is not None
    assert (given_up.pk, given_up.state, "gave it up" in given_up.why_failed) == (waiting.pk, "failed", True)
    assert sandbox.get(f"/invoices/{waiting.invoice_id}")["status"] == "void"
    assert not OutgoingMail.objects.filter(key__startswith="upgrade_failed:").exists()


def test_what_has_changed_at_stripe_meanwhile_is_not_charged(standard: Subscription, buyer: User, sandbox: Sandbox) -> None:
    offer = offer_upgrade(subscription=standard, price=price_of("Pro"), actor=buyer)
    sandbox.fail("/v1/subscriptions", method="POST")
    with pytest.raises(StripeAway):
        begin_upgrade(subscription=standard, price=price_of("Pro"), actor=buyer, at=offer.at, shown=offer.charge)
    sandbox.mend()
    sandbox.post(f"/subscriptions/{standard.stripe_subscription_id}", cancel_at_period_end="true")

    assert continue_upgrade(upgrade_id=Upgrade.objects.get().pk).state == "failed"
    assert len(sandbox.get("/invoices", subscription=standard.stripe_subscription_id)["data"]) == 1


def test_only_a_subscription_that_just_goes_on_is_upgraded(standard: Subscription, buyer: User, sandbox: Sandbox) -> None:
    now = timezone.now()
    states: list[tuple[dict[str, Any], type[Exception]]] = [
        ({"state": "ended", "ended_at": now}, SubscriptionEnded),
        ({"end_wanted_at": now}, SubscriptionEnded),
        ({"state": "past_due"}, SubscriptionNotPaid),
        ({"ends_with_period": True}, SubscriptionEnding),
    ]
    for changes, refusal in states:
        row = fresh(standard)
        for name, value in changes.items():
            setattr(row, name, value)
        with pytest.raises(refusal):
            offer_upgrade(subscription=row, price=price_of("Pro"), actor=buyer)
    with pytest.raises(EditionHadAlready):
        offer_upgrade(subscription=standard, price=price_of("Standard"), actor=buyer)
    assert (Upgrade.objects.count(), len(sandbox.get("/invoices", subscription=standard.stripe_subscription_id)["data"])) == (0, 1)


@pytest.mark.parametrize(("days", "says"), [(60, "the payments of this subscription until "), (None, "cancel this subscription")])
def test_while_a_code_reduces_the_payments_nothing_larger_is_charged(
    standard: Subscription, buyer: User, sandbox: Sandbox, days: int | None, says: str
) -> None:
    until = clock(sandbox) + timedelta(days=days) if days else None
    Subscription.objects.update(discount_code="AUTUMN", discount_amount=400, reduced_until=until)
    with pytest.raises(CodeStillReduces) as refused:
        offer_upgrade(subscription=fresh(standard), price=price_of("Pro"), actor=buyer)
    assert refused.value.message.startswith("The code AUTUMN reduces ")
    assert says in refused.value.message
    Subscription.objects.update(reduced_until=clock(sandbox))
    assert offer_upgrade(subscription=fresh(standard), price=price_of("Pro"), actor=buyer).choice.larger is True


def test_what_costs_something_else_than_was_shown_is_not_charged(standard: Subscription, buyer: User, sandbox: Sandbox) -> None:
    offer = offer_upgrade(subscription=standard, price=price_of("Pro"), actor=buyer)
    with pytest.raises(UpgradeCostsOther):
        begin_upgrade(subscription=standard, price=price_of("Pro"), actor=buyer, at=offer.at, shown=Money(1, "eur"))
    sandbox.control("/clock/advance", seconds=3700)
    with pytest.raises(UpgradeCostsOther):  # shown too long ago
        begin_upgrade(subscription=standard, price=price_of("Pro"), actor=buyer, at=offer.at, shown=offer.charge)
    Subscription.objects.update(amount=1800)
    with pytest.raises(UpgradeCostsOther):
        offer_upgrade(subscription=fresh(standard), price=price_of("Pro"), actor=buyer)
    assert Upgrade.objects.count() == 0


def test_minutes_before_the_end_there_is_too_little_to_charge(standard: Subscription, buyer: User, sandbox: Sandbox) -> None:
    assert standard.period_end is not None
    sandbox.control("/clock/advance", seconds=int((standard.period_end - clock(sandbox)).total_seconds()) - 300)

    with pytest.raises(TooLittleToCharge):
        offer_upgrade(subscription=standard, price=price_of("Pro"), actor=buyer)


def test_what_its_buyer_has_otherwise_is_not_charged_for(standard: Subscription, buyer: User, editions: Product) -> None:
    for image in editions.images.all():
        EntitlementFactory(holder=buyer.account, image=image)

    with pytest.raises(AlreadyOwned):
        offer_upgrade(subscription=standard, price=price_of("Pro"), actor=buyer)


def test_a_seller_who_cannot_be_paid_sells_no_upgrade(standard: Subscription, buyer: User) -> None:
    SellerProfile.objects.update(charges_enabled=False)

    with pytest.raises(SellerMayNotSell):
        offer_upgrade(subscription=fresh(standard), price=price_of("Pro"), actor=buyer)


def test_what_stripe_refuses_is_not_charged(standard: Subscription, buyer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> str:
        raise StripeRefused(reason="Bank debits cannot wait.")

    offer = offer_upgrade(subscription=standard, price=price_of("Pro"), actor=buyer)
    monkeypatch.setattr(upgrade_payments, "charge_difference", refuse)

    with pytest.raises(StripeRefused):
        begin_upgrade(subscription=standard, price=price_of("Pro"), actor=buyer, at=offer.at, shown=offer.charge)

    assert (Upgrade.objects.get().state, fresh(standard).amount) == ("failed", 1900)
    assert upgrade_payments._close(Upgrade.objects.get(), "Once more.").why_failed != "Once more."


def test_one_that_changes_while_it_is_confirmed_is_not_charged(
    standard: Subscription, buyer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer = offer_upgrade(subscription=standard, price=price_of("Pro"), actor=buyer)

    def overtaken(**wanted: Any) -> object:
        Subscription.objects.update(amount=1800)
        return offer

    monkeypatch.setattr(upgrading, "offer_upgrade", overtaken)
    with pytest.raises(UpgradeCostsOther):
        begin_upgrade(subscription=standard, price=price_of("Pro"), actor=buyer, at=offer.at, shown=offer.charge)
    assert not Upgrade.objects.exists()
