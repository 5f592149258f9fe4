"""What a subscription costs at Stripe is told by one process at a time, and what a period has cost is known from when it began."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from billing.renewals import repricing
from billing.renewals.repricing import apply_price_change
from billing.stripe.subscription_prices import Renewal, set_renewal_price
from billing.subscriptions.models import Subscription
from billing.subscriptions.price_models import PriceChange
from billing.subscriptions.terms import terms_of_period
from common.db.exclusive import alone
from common.money import Money
from tests.billing.renewals.conftest import price_of
from tests.factories.billing import PriceChangeFactory
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)
FAR = timedelta(days=40)


def at_stripe(sandbox: Sandbox, subscription: Subscription) -> int:
    found = sandbox.get(f"/subscriptions/{subscription.stripe_subscription_id}")
    return int(found["items"]["data"][0]["price"]["unit_amount"])


def test_while_somebody_else_tells_stripe_a_price_waits(standard: Subscription, sandbox: Sandbox) -> None:
    change = PriceChangeFactory(subscription=standard, amount=2000, counts_from=standard.period_end)

    with alone(f"billing.price:{standard.pk}"):
        assert apply_price_change(change_id=change.pk).state == "announced"

    assert at_stripe(sandbox, standard) == 1900
    assert apply_price_change(change_id=change.pk).state == "set"
    assert at_stripe(sandbox, standard) == 2000


def test_a_price_that_is_dropped_while_stripe_is_told_is_not_charged(
    standard: Subscription, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert standard.period_end is not None
    first = PriceChangeFactory(subscription=standard, amount=2000, counts_from=standard.period_end)
    later = standard.period_end + FAR

    def overtaken(*which: Any, **costs: Any) -> Renewal:
        PriceChange.objects.update(state="dropped")
        PriceChangeFactory(subscription=standard, amount=2100, counts_from=later, due_at=later)
        return set_renewal_price(*which, **costs)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(repricing, "set_renewal_price", overtaken)
        assert apply_price_change(change_id=first.pk).state == "dropped"
    assert at_stripe(sandbox, standard) == 2000
    second = PriceChange.objects.open().get()
    assert second.due_at <= timezone.now()

    for _ in range(2):
        assert apply_price_change(change_id=second.pk).state == "announced"

    assert at_stripe(sandbox, standard) == 1900


def test_of_two_terms_of_one_amount_a_period_has_those_of_when_it_began(standard: Subscription) -> None:
    assert standard.period_end is not None
    was, now = price_of("Standard"), price_of("Pro")
    PriceChangeFactory(subscription=standard, price=now, amount=1900, state="set", counts_from=standard.period_end)
    Subscription.objects.update(price=now)
    standard.refresh_from_db()

    found = [terms_of_period(standard, Money(1900, "eur"), standard.period_end + days).price_id for days in (-FAR, FAR)]

    assert found == [was.pk, now.pk]
