"""A trial ends: by its time, of which its holder is told before, by a purchase, or by staff."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from accounts.organisations.models import Role
from accounts.people.models import User
from audit.errors import ReasonMissing
from audit.models import AuditEvent
from common.ids import new_id
from marketplace.entitlements.models import TIME_OVER, TRIAL_OVER, Entitlement
from marketplace.entitlements.services.ending import end_entitlements, remind_of_ends
from marketplace.images.errors import NotYours
from marketplace.products.models import Product
from marketplace.trials import tasks
from marketplace.trials.errors import TrialEnded
from marketplace.trials.models import BOUGHT, Trial, TrialState
from marketplace.trials.selectors import time_left_when_bought
from marketplace.trials.services.ending import _end_in_time, _remind, end_trial, end_trials, remind_of_trials
from marketplace.trials.services.purchases import take_over_trial
from marketplace.trials.services.starting import start_trial
from outbox.mail.models import OutgoingMail
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.marketplace import EntitlementFactory, PushedImageFactory, TrialFactory

DAY = timedelta(days=1)


def mails() -> list[tuple[str, str]]:
    return sorted((mail.key.partition(":")[0], mail.to) for mail in OutgoingMail.objects.all())


def images_of(product: Product) -> list[UUID]:
    return list(product.images.values_list("pk", flat=True))


@pytest.mark.parametrize(("days", "before"), [(90, 3 * DAY), (7, 3 * DAY), (6, DAY), (2, DAY), (1, DAY / 2)])
def test_its_holder_is_told_once_before_the_end(product: Product, kim: User, days: int, before: timedelta) -> None:
    trial = TrialFactory(product=product, user=kim, days=days)
    second = timedelta(seconds=1)

    told = [remind_of_trials(now=trial.ends_at - before + late) for late in (-second, second, 2 * second)]

    assert told == [0, 1, 0]
    assert mails() == [("trial-ending", "kim@example.test")]
    assert "Your trial of Postgres HA ends on" in OutgoingMail.objects.get().subject


def test_only_this_mail_tells_of_the_end_of_a_trial(product: Product, kim: User) -> None:
    trial = TrialFactory(product=product, user=kim)

    assert remind_of_ends(now=trial.ends_at - DAY) == 0
    assert mails() == []


def test_owners_of_an_organisation_are_told(product: Product) -> None:
    firm = OrganisationFactory()
    owner = MembershipFactory(account=firm, role=Role.OWNER).user
    MembershipFactory(account=firm, role=Role.MEMBER)
    trial = TrialFactory(product=product, holder=firm, user=owner)

    remind_of_trials(now=trial.ends_at - DAY)
    end_trials(now=trial.ends_at)

    assert mails() == [("trial-ended", owner.email), ("trial-ending", owner.email)]


def test_two_workers_remind_once(product: Product) -> None:
    trial = TrialFactory(product=product)
    now = trial.ends_at - DAY

    assert [_remind(trial.pk, now=now) for _ in range(2)] == [True, False]
    assert len(mails()) == 1


def test_two_workers_end_one_once(product: Product) -> None:
    trial = TrialFactory(product=product)

    assert [_end_in_time(trial.pk, now=trial.ends_at) for _ in range(2)] == [True, False]
    assert mails() == [("trial-ended", trial.started_by.email)]


def test_who_has_it_for_good_is_told_nothing(product: Product, kim: User) -> None:
    trial = TrialFactory(product=product, user=kim)
    EntitlementFactory(holder=kim.account, image=product.images.get(), source_kind="seller")

    assert (remind_of_trials(now=trial.ends_at - DAY), end_trials(now=trial.ends_at)) == (0, 1)
    assert mails() == []


def test_what_is_over_is_marked_and_told_once_at_the_moment_at_which_it_ended(product: Product, kim: User) -> None:
    began = timezone.now() - 15 * DAY
    trial = TrialFactory(product=product, user=kim, started_at=began)
    given = EntitlementFactory(ends_at=timezone.now() - DAY)
    running = TrialFactory(product=product)

    assert (tasks.end_trials(), tasks.end_trials(), tasks.remind_of_trials()) == (1, 0, 0)
    end_entitlements(now=timezone.now())

    trial.refresh_from_db()
    assert (trial.ended_at, trial.end_reason, trial.state, trial.ended_early) == (trial.ends_at, TRIAL_OVER, TrialState.OVER, False)
    held, other = kim.account.entitlements.get(), Entitlement.objects.get(pk=given.pk)
    assert (held.revoked_at, held.revocation_reason, other.revocation_reason) == (trial.ends_at, TRIAL_OVER, TIME_OVER)
    assert mails() == [("trial-ended", "kim@example.test")]
    assert "It costs" not in OutgoingMail.objects.get().body_text
    assert list(Trial.objects.running()) == [running]


def test_what_is_over_opens_nothing_before_it_is_marked(product: Product, kim: User) -> None:
    TrialFactory(product=product, user=kim, started_at=timezone.now() - 15 * DAY)

    held = kim.account.entitlements.get()
    assert (held.in_force, held.why_ended) == (False, TRIAL_OVER)


def test_a_purchase_takes_its_place(product: Product, kim: User) -> None:
    trial, order_id = TrialFactory(product=product, user=kim), new_id()

    for source_id in (order_id, new_id()):
        take_over_trial(product_id=product.pk, holder=kim.account, source_id=source_id, image_ids=images_of(product))

    trial.refresh_from_db()
    held = kim.account.entitlements.get()
    assert (trial.state, trial.end_reason, trial.bought_by, trial.bought_at) == (TrialState.BOUGHT, BOUGHT, order_id, trial.ended_at)
    assert (held.revocation_reason, held.in_force) == (BOUGHT, False)
    assert timedelta(days=13, hours=23) < time_left_when_bought(order_id) == trial.ends_at - trial.ended_at < timedelta(days=14)
    assert (end_trials(now=trial.ends_at), remind_of_trials(now=trial.ends_at - DAY), mails()) == (0, 0, [])


def test_a_purchase_of_a_part_ends_no_trial_and_one_of_all_that_is_tried_does(product: Product, kim: User) -> None:
    product.images.add(PushedImageFactory(namespace=product.namespace), through_defaults={"owner_id": product.seller_id, "position": 1})
    trial, part, whole = TrialFactory(product=product, user=kim), new_id(), new_id()
    images = images_of(product)

    for _ in range(2):
        take_over_trial(product_id=product.pk, holder=kim.account, source_id=part, image_ids=images[:1])
    trial.refresh_from_db()
    assert (trial.state, trial.bought_by, trial.ended_at) == (TrialState.RUNNING, part, None)
    assert (kim.account.entitlements.in_force().count(), time_left_when_bought(part)) == (2, timedelta(0))

    for source_id in (whole, new_id()):
        take_over_trial(product_id=product.pk, holder=kim.account, source_id=source_id, image_ids=images)
    trial.refresh_from_db()
    assert (trial.state, trial.bought_by, trial.bought_at) == (TrialState.BOUGHT, whole, trial.ended_at)
    assert (kim.account.entitlements.in_force().count(), time_left_when_bought(whole) > timedelta(days=13)) == (0, True)


def test_a_purchase_after_the_end_is_noted_and_gives_no_days(product: Product, kim: User) -> None:
    began = timezone.now() - 15 * DAY
    trial, order_id = TrialFactory(product=product, user=kim, started_at=began), new_id()

    take_over_trial(product_id=product.pk, holder=kim.account, source_id=order_id, image_ids=images_of(product))

    trial.refresh_from_db()
    assert (trial.state, trial.ended_at, time_left_when_bought(order_id)) == (TrialState.BOUGHT, None, timedelta(0))
    assert time_left_when_bought(new_id()) == timedelta(0)


@pytest.mark.parametrize(
    ("after_the_start", "ended_by", "left"),
    [
        pytest.param(2 * DAY, "", 12 * DAY, id="it still runs"),
        pytest.param(2 * DAY, TRIAL_OVER, 12 * DAY, id="its time has ended it"),
        pytest.param(2 * DAY, "It was a second account.", 0 * DAY, id="staff have ended it"),
        pytest.param(15 * DAY, TRIAL_OVER, 0 * DAY, id="it was paid after its end"),
        pytest.param(-DAY, "", 0 * DAY, id="it was paid before the trial"),
        pytest.param(99 * DAY, "", 0 * DAY, id="stripe is ahead of us"),
    ],
)
def test_the_days_left_are_those_when_it_was_paid(
    product: Product, kim: User, after_the_start: timedelta, ended_by: str, left: timedelta
) -> None:
    began = timezone.now() - (20 * DAY if after_the_start > 2 * DAY or ended_by else 3 * DAY)
    trial, order_id = TrialFactory(product=product, user=kim, started_at=began), new_id()
    if ended_by:
        Trial.objects.update(ended_at=began + 14 * DAY, end_reason=ended_by)

    take_over_trial(
        product_id=product.pk,
        holder=kim.account,
        source_id=order_id,
        image_ids=images_of(product),
        paid_since=began + after_the_start,
    )

    trial.refresh_from_db()
    noted = None if after_the_start < timedelta(0) else order_id
    assert (trial.bought_by, time_left_when_bought(order_id), trial.end_reason) == (noted, left, BOUGHT if left else ended_by)


def test_a_purchase_of_somebody_else_ends_no_trial(product: Product, kim: User) -> None:
    trial = TrialFactory(product=product, user=kim)

    take_over_trial(product_id=product.pk, holder=UserFactory().account, source_id=new_id(), image_ids=images_of(product))

    trial.refresh_from_db()
    assert (trial.state, kim.account.entitlements.in_force().count()) == (TrialState.RUNNING, 1)


def test_staff_end_it_with_a_reason_and_its_holder_is_told(product: Product, kim: User) -> None:
    trial, staff = start_trial(product=product, user=kim), UserFactory(staff=True)

    ended = end_trial(trial=trial, reason="It was a second account.", actor=staff)

    assert (ended.state, ended.end_reason, ended.ended_early) == (TrialState.OVER, "It was a second account.", True)
    assert not kim.account.entitlements.in_force().exists()
    assert AuditEvent.objects.filter(action="trial.ended", actor=staff).count() == 1
    assert mails() == [("trial-ended", "kim@example.test"), ("trial-started", "kim@example.test")]
    assert "It was a second account." in OutgoingMail.objects.get(key__startswith="trial-ended").body_text
    with pytest.raises(TrialEnded):
        end_trial(trial=trial, reason="Again.", actor=staff)


def test_nobody_else_ends_it_and_not_without_a_reason(product: Product, kim: User, seller: User) -> None:
    trial = TrialFactory(product=product, user=kim)

    with pytest.raises(NotYours):
        end_trial(trial=trial, reason="Enough.", actor=seller)
    with pytest.raises(ReasonMissing):
        end_trial(trial=trial, reason=" ", actor=UserFactory(staff=True))

    trial.refresh_from_db()
    assert (trial.state, kim.account.entitlements.in_force().count()) == (TrialState.RUNNING, 1)
