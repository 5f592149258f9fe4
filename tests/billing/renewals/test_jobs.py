"""What the worker does about subscriptions by itself: one that somebody has locked stops none of the others."""

from collections.abc import Callable
from uuid import UUID

import pytest
from django.utils import timezone

from billing.renewals import services
from billing.renewals.services import end_lapsed_access, end_stopped_subscriptions
from billing.subscriptions.locks import lock_subscription
from billing.subscriptions.models import Subscription
from common.db.errors import LockTimeout
from tests.factories.billing import SubscriptionFactory

pytestmark = pytest.mark.django_db


def lapsed() -> list[UUID]:
    return [one.pk for one in SubscriptionFactory.create_batch(3, access_until=timezone.now())]


def stopped() -> list[UUID]:
    made = SubscriptionFactory.create_batch(3)
    for one in made:
        one.seller.suspended_at, one.seller.suspension_reason = timezone.now(), "Fraud."
        one.seller.save()
    return [one.pk for one in made]


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
