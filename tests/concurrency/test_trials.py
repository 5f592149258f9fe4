"""Trials that are begun at the same moment, on the real database."""

from datetime import timedelta

import pytest

from accounts.organisations.models import Role
from accounts.people.models import User
from marketplace.entitlements.models import Entitlement
from marketplace.trials.errors import TrialUsed
from marketplace.trials.models import Trial
from marketplace.trials.services.ending import end_trials, remind_of_trials
from marketplace.trials.services.purchases import remember_card
from marketplace.trials.services.starting import start_trial
from outbox.mail.models import OutgoingMail
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.marketplace import ProductFactory, TrialFactory
from tests.support.threads import run_in_threads

pytestmark = pytest.mark.django_db(transaction=True)


def one_begins(answers: list[object]) -> None:
    """Of all that tried at once, one has a trial, and the others were told why not."""
    assert sorted(type(answer).__name__ for answer in answers) == [Trial.__name__] + [TrialUsed.__name__] * (len(answers) - 1)
    assert (Trial.objects.count(), Entitlement.objects.in_force().count(), OutgoingMail.objects.count()) == (1, 1, 1)


def test_one_person_begins_one_trial() -> None:
    product, kim = ProductFactory(trial_days=14), UserFactory()

    one_begins(run_in_threads(8, lambda: start_trial(product=product, user=kim)))


def test_people_of_one_organisation_begin_one_trial() -> None:
    product, firm = ProductFactory(trial_days=14), MembershipFactory(role=Role.OWNER).account
    clerks = [MembershipFactory(account=firm, role=Role.BILLING).user for _ in range(6)]

    answers = run_in_threads(6, lambda number: start_trial(product=product, user=clerks[number], holder=firm))

    one_begins(answers)


def test_accounts_with_one_card_begin_one_trial() -> None:
    product, people = ProductFactory(trial_days=14), [UserFactory() for _ in range(6)]
    for user in people:
        remember_card(account=user.account, fingerprint="Xt5EWLLDS7FJjR1c")

    one_begins(run_in_threads(6, lambda number: start_trial(product=product, user=people[number])))


def test_workers_that_end_and_remind_at_once_write_each_mail_once() -> None:
    kim: User = UserFactory()
    trial = TrialFactory(user=kim, product__trial_days=14)

    run_in_threads(4, lambda: remind_of_trials(now=trial.ends_at - timedelta(hours=1)))
    run_in_threads(4, lambda: end_trials(now=trial.ends_at))

    assert sorted(mail.key.partition(":")[0] for mail in OutgoingMail.objects.all()) == ["trial-ended", "trial-ending"]
    assert Trial.objects.get().ended_at == trial.ends_at
