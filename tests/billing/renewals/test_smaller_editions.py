"""A subscriber changes to a smaller edition: from the next period on, told to Stripe at once, and access follows what was paid."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.people.models import User
from billing.orders.selectors import renewing_within
from billing.renewals.announcing import announce_price, tell_subscribers
from billing.renewals.planning import keep_edition, plan_edition, planned_edition
from billing.renewals.reconcile import reconcile_subscription
from billing.renewals.repricing import apply_price_change
from billing.renewals.services import end_lapsed_access, end_stopped_subscriptions, set_renewal
from billing.renewals.tasks import change_prices_of_subscriptions
from billing.renewals.upgrading import offer_upgrade
from billing.stripe.errors import StripeAway
from billing.subscriptions.errors import ChangeAhead, EditionNotForSubscription, SubscriptionEnded, SubscriptionNotPaid
from billing.subscriptions.models import Subscription
from billing.subscriptions.price_models import PriceChange
from common.money import Money
from marketplace.images.models import Image
from marketplace.products.models import EditionImage, Price
from marketplace.products.services.prices import NewPrice, set_prices
from outbox.mail.models import OutgoingMail
from tests.billing.conftest import person_of
from tests.billing.renewals.conftest import clock, fresh, orders_of, price_of
from tests.billing.renewals.test_subscriptions import renew, sandbox_process
from tests.factories.accounts import UserFactory
from tests.support.clients import client_of
from tests.support.sandbox import Sandbox

__all__ = ["sandbox_process"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("one_clock")]


def at_stripe(sandbox: Sandbox, subscription: Subscription) -> int:
    found = sandbox.get(f"/subscriptions/{subscription.stripe_subscription_id}")
    return int(found["items"]["data"][0]["price"]["unit_amount"])


def test_it_counts_from_the_next_period_whatever_becomes_of_us_until_then(
    pro: Subscription, buyer: User, sandbox: Sandbox, holds: Callable[..., list[str]]
) -> None:
    change = plan_edition(subscription=pro, price=price_of("Standard"), actor=buyer)

    assert (change.state, change.counts_from, at_stripe(sandbox, pro), len(holds(buyer))) == ("set", pro.period_end, 1900, 2)
    assert planned_edition(pro) == change
    mail = OutgoingMail.objects.get(key=f"edition_planned:{change.pk}")
    assert ("Postgres HA, Standard" in mail.body_text, "€19.00" in mail.body_text) == (True, True)
    now = fresh(pro)
    assert (now.product_title, now.amount) == ("Postgres HA, Pro", 1900)
    with pytest.raises(ChangeAhead):
        plan_edition(subscription=now, price=price_of("Standard"), actor=buyer)

    later = renew(sandbox, pro)  # nobody of ours was there at the end of the period
    reconcile_subscription(subscription_id=pro.pk, now=later)

    assert orders_of(pro) == [("Postgres HA, Pro", 4900, "paid", ""), ("Postgres HA, Standard", 1900, "paid", "")]
    assert (len(holds(buyer)), fresh(pro).product_title) == (1, "Postgres HA, Standard")


def test_what_the_larger_one_held_ends_with_its_period_also_while_stripe_is_away(
    pro: Subscription, buyer: User, sandbox: Sandbox, holds: Callable[..., list[str]]
) -> None:
    plan_edition(subscription=pro, price=price_of("Standard"), actor=buyer)
    reconcile_subscription(subscription_id=pro.pk)
    now = fresh(pro)
    assert (now.part_until, now.access_until) == (pro.period_end, (pro.period_end or timezone.now()) + timedelta(days=7))
    assert end_lapsed_access() == 0
    assert pro.period_end is not None
    sandbox.control("/clock/advance", seconds=int((pro.period_end - clock(sandbox)).total_seconds()) + 60)

    assert (end_lapsed_access(), end_lapsed_access(), len(holds(buyer))) == (1, 0, 1)
    assert fresh(pro).part_until is None


def test_what_happens_to_what_only_the_larger_one_held_does_not_concern_it_any_more(
    pro: Subscription, buyer: User, sandbox: Sandbox
) -> None:
    plan_edition(subscription=pro, price=price_of("Standard"), actor=buyer)
    (kept,) = EditionImage.objects.filter(edition__name="Standard").values_list("image_id", flat=True)
    assert renewing_within(buyer.account, [kept]) is None
    reconcile_subscription(subscription_id=pro.pk, now=renew(sandbox, pro))
    taken_down = {"taken_down_at": timezone.now(), "take_down_reason": "Malware."}
    Image.objects.exclude(pk=kept).update(**taken_down)

    assert (end_stopped_subscriptions(), renewing_within(buyer.account, [kept])) == (0, pro)
    Image.objects.filter(pk=kept).update(**taken_down)
    assert end_stopped_subscriptions() == 1


def test_it_is_taken_back_until_then(pro: Subscription, buyer: User, sandbox: Sandbox, holds: Callable[..., list[str]]) -> None:
    assert keep_edition(subscription=pro, actor=buyer) is None
    plan_edition(subscription=pro, price=price_of("Standard"), actor=buyer)

    kept = keep_edition(subscription=fresh(pro), actor=buyer)

    assert kept is not None
    assert (kept.state, at_stripe(sandbox, pro), fresh(pro).amount, planned_edition(pro)) == ("set", 4900, 4900, None)
    assert keep_edition(subscription=fresh(pro), actor=buyer) is None
    later = renew(sandbox, pro)
    reconcile_subscription(subscription_id=pro.pk, now=later)
    assert (orders_of(pro)[1:], len(holds(buyer))) == ([("Postgres HA, Pro", 4900, "paid", "")], 2)


def test_while_stripe_is_away_it_is_written_down_and_told_later(pro: Subscription, buyer: User, sandbox: Sandbox) -> None:
    sandbox.fail("/v1/subscriptions", method="POST")
    with pytest.raises(StripeAway):
        plan_edition(subscription=pro, price=price_of("Standard"), actor=buyer)
    with pytest.raises(ChangeAhead):
        plan_edition(subscription=fresh(pro), price=price_of("Standard"), actor=buyer)
    sandbox.mend()
    PriceChange.objects.update(due_at=timezone.now())

    assert change_prices_of_subscriptions() == 1

    assert (PriceChange.objects.get().state, at_stripe(sandbox, pro)) == ("set", 1900)


def test_after_a_cancellation_it_can_go_on_with_the_smaller_one(pro: Subscription, buyer: User) -> None:
    plan_edition(subscription=pro, price=price_of("Standard"), actor=buyer)
    set_renewal(subscription=fresh(pro), renews=False, actor=buyer)
    back = set_renewal(subscription=fresh(pro), renews=True, actor=buyer)

    assert (back.amount, planned_edition(back) is not None) == (1900, True)


def test_a_smaller_one_is_no_upgrade_and_a_larger_one_is_not_planned(
    pro: Subscription, buyer: User, subscribe: Callable[..., Subscription]
) -> None:
    other = UserFactory()
    smaller = subscribe("Standard", other)
    with pytest.raises(EditionNotForSubscription):
        offer_upgrade(subscription=pro, price=price_of("Standard"), actor=buyer)
    with pytest.raises(EditionNotForSubscription):
        plan_edition(subscription=smaller, price=price_of("Pro"), actor=other)
    assert not PriceChange.objects.exists()


def test_what_has_ended_or_is_not_paid_is_not_kept(pro: Subscription, buyer: User) -> None:
    plan_edition(subscription=pro, price=price_of("Standard"), actor=buyer)
    Subscription.objects.update(state="past_due")
    with pytest.raises(SubscriptionNotPaid):
        keep_edition(subscription=fresh(pro), actor=buyer)
    Subscription.objects.update(end_wanted_at=timezone.now())
    with pytest.raises(SubscriptionEnded):
        keep_edition(subscription=fresh(pro), actor=buyer)


def announce(subscription: Subscription, name: str, minor: int) -> PriceChange:
    """Have an edition cost something else, also for who is subscribed; return what that means for the one subscription."""
    actor = person_of(subscription.seller)
    price = NewPrice(Money(minor, "eur"), interval=Price.Interval.MONTH)
    (made,) = set_prices(product=subscription.product, prices=[price], actor=actor, edition=price_of(name).edition)
    announce_price(price=made, actor=actor)
    assert tell_subscribers() == 1
    return PriceChange.objects.open().get()


def test_what_was_chosen_at_a_lower_price_costs_more_only_after_the_notice(pro: Subscription, buyer: User, settings: Any) -> None:
    settings.LAYERSTORE_PRICE_NOTICE_DAYS = 45  # longer than a month
    plan_edition(subscription=pro, price=price_of("Standard"), actor=buyer)

    change = announce(pro, "Standard", 2900)  # less than Pro, which the period that runs is for

    assert pro.period_end is not None
    assert (change.was_amount, change.amount, change.counts_from > pro.period_end) == (1900, 2900, True)
    assert "€29.00 instead of €19.00" in OutgoingMail.objects.get(key=f"price_change:{change.pk}:0").body_text


@pytest.mark.parametrize(
    ("minor", "said"),
    [
        pytest.param(2900, ["Standard, €19.00 from", "Standard, €29.00 from"], id="dearer, from a later renewal on"),
        pytest.param(1500, ["Standard, €15.00 from"], id="cheaper, from the same renewal on"),
    ],
)
def test_what_was_chosen_is_taken_back_also_after_its_price_was_announced(
    pro: Subscription, buyer: User, sandbox: Sandbox, settings: Any, minor: int, said: list[str]
) -> None:
    settings.LAYERSTORE_PRICE_NOTICE_DAYS = 45
    plan_edition(subscription=pro, price=price_of("Standard"), actor=buyer)
    announce(pro, "Standard", minor)
    reader = client_of(buyer)

    listed = reader.get("/subscriptions/").content.decode()

    assert re.findall(r"Standard, €\d+\.00 from", listed) == said
    assert ("Keep this edition" in listed, "€49.00<br>" in listed) == (True, True)
    kept = reader.post(f"/subscriptions/{pro.pk}/keep", follow=True).content.decode()
    assert ("Keep this edition" in kept, "Standard" in kept, at_stripe(sandbox, pro)) == (False, False, 4900)
    assert not PriceChange.objects.open().exists()


def test_a_price_that_was_announced_counts_again_once_the_edition_is_kept(
    pro: Subscription, buyer: User, sandbox: Sandbox, settings: Any
) -> None:
    settings.LAYERSTORE_PRICE_NOTICE_DAYS = 45
    told = announce(pro, "Pro", 5900)
    plan_edition(subscription=fresh(pro), price=price_of("Standard"), actor=buyer)
    told.refresh_from_db()
    assert told.state == "dropped"
    sandbox.fail("/v1/subscriptions", method="POST")
    with pytest.raises(StripeAway):
        keep_edition(subscription=fresh(pro), actor=buyer)
    sandbox.mend()
    PriceChange.objects.filter(state="announced").update(due_at=timezone.now())

    assert change_prices_of_subscriptions() == 2  # what is kept, and the price, which waits for its renewal

    opened = PriceChange.objects.open().get()
    assert (opened, opened.counts_from, at_stripe(sandbox, pro)) == (told, told.counts_from, 4900)
    assert "€59.00 from" in client_of(buyer).get("/subscriptions/").content.decode()
    PriceChange.objects.open().update(counts_from=pro.period_end)
    assert (apply_price_change(change_id=told.pk).state, at_stripe(sandbox, pro), fresh(pro).amount) == ("set", 5900, 5900)


def test_a_price_of_another_time_does_not_come_back_with_what_is_kept(pro: Subscription, buyer: User) -> None:
    told = announce(pro, "Pro", 3900)
    PriceChange.objects.filter(pk=told.pk).update(state="dropped", was_price=price_of("Pro"))  # told of before another price counted
    plan_edition(subscription=fresh(pro), price=price_of("Standard"), actor=buyer)

    keep_edition(subscription=fresh(pro), actor=buyer)

    assert not PriceChange.objects.open().exists()
