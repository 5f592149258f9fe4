"""What the worker does about subscriptions by itself: one that somebody has locked stops none of the others."""

from collections.abc import Callable
from types import ModuleType
from uuid import UUID

import pytest
from django.utils import timezone

from billing.renewals import announcing, services
from billing.renewals.services import end_lapsed_access, end_stopped_subscriptions
from billing.subscriptions.locks import lock_subscription
from billing.subscriptions.models import Subscription
from common.db import row_failures
from common.db.errors import LockTimeout
from marketplace.products.selectors.offers import current_prices
from tests.factories.billing import PriceAnnouncementFactory, SubscriptionFactory
from tests.factories.marketplace import ProductFactory

pytestmark = pytest.mark.django_db


def lapsed() -> list[UUID]:
    return [one.pk for one in SubscriptionFactory.create_batch(3, access_until=timezone.now())]


def stopped() -> list[UUID]:
    made = SubscriptionFactory.create_batch(3)
    for one in made:
        one.seller.suspended_at, one.seller.suspension_reason = timezone.now(), "Fraud."
        one.seller.save()
    return [one.pk for one in made]


def told_of_a_price() -> list[UUID]:
    product = ProductFactory(price__interval="month")
    made = SubscriptionFactory.create_batch(3, product=product, amount=300)
    price = current_prices(product)[0]
    PriceAnnouncementFactory(price=price, done_at=None)
    return sorted(one.pk for one in made)


@pytest.mark.parametrize(("given", "job"), [(lapsed, end_lapsed_access), (stopped, end_stopped_subscriptions)])
def test_one_that_is_locked_is_left_for_the_next_run_and_the_others_are_done(
    given: Callable[[], list[UUID]], job: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = given()

    def all_but_one(*, subscription_id: UUID) -> Subscription:
        if subscription_id == keys[1]:
            raise LockTimeout
        return lock_subscription(subscription_id=subscription_id)

    with monkeypatch.context() as patch:
        patch.setattr(services, "lock_subscription", all_but_one)
        assert job() == 2

    assert (job(), job()) == (1, 0)


@pytest.mark.parametrize(
    ("given", "module", "job"),
    [
        (lapsed, services, end_lapsed_access),
        (stopped, services, end_stopped_subscriptions),
        (told_of_a_price, announcing, announcing.tell_subscribers),
    ],
)
def test_however_many_fail_the_others_are_reached_in_one_run(
    given: Callable[[], list[UUID]], module: ModuleType, job: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    *bad, good = sorted(given())

    def all_but_one(*, subscription_id: UUID) -> Subscription:
        if subscription_id in bad:
            raise ValueError
        return lock_subscription(subscription_id=subscription_id)

    monkeypatch.setattr(row_failures, "_BATCH", 1)
    with monkeypatch.context() as patch:
        patch.setattr(module, "lock_subscription", all_but_one)
        patch.setattr(services, "_AT_ONCE", 1)
        patch.setattr(announcing, "TOLD_A_RUN", 1)
        assert (job(), job()) == (1, 0)

    assert (job(), job(), good in bad) == (2, 0, False)
