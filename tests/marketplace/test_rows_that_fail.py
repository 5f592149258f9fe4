"""Jobs over rows of different people: one row that fails each time, whatever is wrong with it, keeps none of the others waiting."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from billing.disputes import staff_mail
from marketplace.entitlements.services import ending as entitlements
from marketplace.gifts.services import expiry
from marketplace.growth import services as growth
from marketplace.growth.models import Growth
from marketplace.images.services import expiry as reservations
from marketplace.trials.services import ending as trials
from tests.billing.conftest import person_of
from tests.factories.billing import DisputeFactory
from tests.factories.marketplace import EntitlementFactory, GiftFactory, ImageFactory, ProductFactory, TrialFactory
from tests.marketplace.growth.test_growth import grow

pytestmark = pytest.mark.django_db
NOW, DAY = timezone.now(), timedelta(days=1)
Keys = Iterable[UUID | str]


def keys_of(rows: Iterable[Any]) -> Keys:
    return [row.pk for row in rows]


def trials_that_end() -> Keys:
    return keys_of(TrialFactory.create_batch(3, started_at=NOW - 13 * DAY))


def trials_that_are_over() -> Keys:
    return keys_of(TrialFactory.create_batch(3, started_at=NOW - 15 * DAY))


def gifts_that_nobody_has_claimed() -> Keys:
    return keys_of(GiftFactory.create_batch(3, source_kind="order", reason="", expires_at=NOW))


def access_that_ends() -> Keys:
    made = EntitlementFactory.create_batch(3, source_kind="staff", granted_at=NOW - 9 * DAY, ends_at=NOW + DAY)
    return [one.source_id for one in made]


def owners_who_lack_an_image() -> Keys:
    product = ProductFactory()
    given = GiftFactory.create_batch(3, product=product, claimed=True)
    Growth.objects.create(product=product, image=grow(product), asked_by=person_of(product.seller))
    return keys_of(given)


def disputes_that_are_due() -> Keys:
    return [one.order_id for one in DisputeFactory.create_batch(3, respond_by=NOW + DAY)]


def reservations_that_end() -> Keys:
    return keys_of(ImageFactory.create_batch(3, expires_at=NOW + DAY))


def reservations_that_are_over() -> Keys:
    return keys_of(ImageFactory.create_batch(3, expires_at=NOW - DAY, expiry_warned_at=NOW - 9 * DAY))


@pytest.mark.parametrize(
    ("given", "module", "name", "named", "job"),
    [
        pytest.param(trials_that_end, trials, "lock_trial", "trial_id", lambda: trials.remind_of_trials(now=NOW), id="trials reminded of"),
        pytest.param(trials_that_are_over, trials, "lock_trial", "trial_id", lambda: trials.end_trials(now=NOW), id="trials ended"),
        pytest.param(
            gifts_that_nobody_has_claimed, expiry, "lock_gift", "gift_id", lambda: expiry.tell_of_unclaimed_gifts(now=NOW), id="gifts"
        ),
        pytest.param(
            access_that_ends,
            entitlements,
            "lock_entitlements_of_source",
            "source_id",
            lambda: entitlements.remind_of_ends(now=NOW),
            id="access",
        ),
        pytest.param(
            reservations_that_end,
            reservations,
            "lock_image",
            "image_id",
            lambda: reservations.warn_of_expiry(now=NOW),
            id="names warned of",
        ),
        pytest.param(
            reservations_that_are_over,
            reservations,
            "lock_image",
            "image_id",
            lambda: reservations.end_expired_reservations(now=NOW),
            id="names ended",
        ),
        pytest.param(owners_who_lack_an_image, growth, "extend_entitlements", "source_id", growth.grow_products, id="growth"),
        pytest.param(
            disputes_that_are_due, staff_mail, "lock_order", "order_id", lambda: staff_mail.remind_of_disputes(now=NOW), id="disputes"
        ),
    ],
)
def test_one_row_that_fails_stops_no_other(
    given: Callable[[], Keys], module: Any, name: str, named: str, job: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, act = min(given()), getattr(module, name)

    def all_but_one(**values: Any) -> Any:
        if values[named] == bad:
            raise ValueError
        return act(**values)

    with monkeypatch.context() as patch:
        patch.setattr(module, name, all_but_one)
        assert (job(), job()) == (2, 0)

    assert (job(), job()) == (1, 0)


def test_a_product_that_cannot_grow_keeps_no_other_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    owners_who_lack_an_image()
    owners_who_lack_an_image()
    first, put = Growth.objects.order_by("created_at")[0], growth._put_into_gifts

    def all_but_one(one: Growth) -> None:
        if one == first:
            raise ValueError
        put(one)

    monkeypatch.setattr(growth, "_put_into_gifts", all_but_one)

    assert growth.grow_products() == 3
    assert list(Growth.objects.order_by("created_at").values_list("given", flat=True)) == [0, 3]
