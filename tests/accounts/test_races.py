from datetime import timedelta

import pytest
from django.core import mail as django_mail
from django.db import transaction
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.organisations.errors import NotAnOwner
from accounts.organisations.locks import lock_organisation
from accounts.organisations.models import Membership
from accounts.people.models import Account, User
from accounts.robots import services
from accounts.robots.errors import RobotNameTaken
from accounts.robots.reminders import remind_of_ending_tokens
from accounts.robots.services import create_robot, replace_robot
from accounts.sellers.models import SellerProfile
from accounts.sellers.services.sellers import become_seller, record_stripe_account
from accounts.tokens import tasks
from accounts.tokens.errors import TooManyTokens
from accounts.tokens.models import AccessToken, TokenScope
from accounts.tokens.selectors import note_token_use
from accounts.tokens.services import create_access_token, log_out_everywhere, revoke_access_token, write_token_uses
from audit.models import AuditEvent
from outbox.mail.models import OutgoingMail
from outbox.mail.services import queue_mail
from outbox.mail.tasks import send_due_mail
from tests.factories.accounts import PASSWORD, AccessTokenFactory, MembershipFactory, RobotFactory, SellerFactory, UserFactory
from tests.support.threads import run_in_threads

pytestmark = pytest.mark.django_db(transaction=True)


def _sign_up(number: int, username: str, email: str) -> int:
    """Sign up from an address of one's own: a shared one is slowed by the limits."""
    client = Client(headers={"X-Forwarded-For": f"203.0.113.{number}"})
    return client.post("/account/signup/", {"username": username, "email": email, "password1": PASSWORD}).status_code


def test_one_of_ten_simultaneous_sign_ups_gets_the_name_and_an_account_with_it() -> None:
    answers = run_in_threads(10, lambda number: _sign_up(number, "Mira-K" if number % 2 else "mira-k", f"mira{number}@example.test"))

    assert answers.count(302) == 1
    assert set(answers) <= {302, 200, 409}
    assert list(User.objects.values_list("username", flat=True)) == ["mira-k"]
    assert Account.objects.get().user == User.objects.get()


def test_ten_simultaneous_sign_ups_with_one_address_make_one_user() -> None:
    answers = run_in_threads(
        10, lambda number: _sign_up(number, f"mira-{number}", "Mira@example.test" if number % 2 else "mira@example.test")
    )

    assert set(answers) <= {302, 409}
    assert list(User.objects.values_list("email", flat=True)) == ["mira@example.test"]
    assert Account.objects.count() == 1


def test_ten_mails_with_one_key_are_one() -> None:
    outcomes = run_in_threads(
        10, lambda: queue_mail(to="mira@example.test", template="unknown_account", context={"signup_url": "/"}, key="same")
    )

    assert outcomes == [None] * 10
    assert OutgoingMail.objects.count() == 1


def test_five_workers_send_each_of_twenty_mails_once() -> None:
    for number in range(20):
        queue_mail(to=f"{number}@example.test", template="unknown_account", context={"signup_url": "/"}, key=f"k{number}")

    assert sum(tried or 0 for tried in run_in_threads(5, send_due_mail)) == 20

    assert sorted(message.to[0] for message in django_mail.outbox) == sorted(f"{number}@example.test" for number in range(20))
    assert not OutgoingMail.objects.filter(sent_at=None).exists()


def test_an_account_that_becomes_a_seller_ten_times_at_once_is_one_seller() -> None:
    account = UserFactory().account

    outcomes = run_in_threads(10, lambda: become_seller(account=account, display_name="Acme"))

    assert outcomes == [SellerProfile.objects.get()] * 10
    assert AuditEvent.objects.count() == 1


def test_one_of_two_sellers_gets_the_stripe_account() -> None:
    sellers = [SellerFactory(stripe_account_id=None) for _ in range(2)]

    outcomes = run_in_threads(2, lambda number: record_stripe_account(seller=sellers[number], stripe_account_id="acct_1"))

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["SellerProfile", "StripeAccountAlreadyConnected"]
    assert SellerProfile.objects.filter(stripe_account_id="acct_1").count() == 1


def test_ten_log_outs_everywhere_are_ten_generations() -> None:
    user = UserFactory()

    run_in_threads(10, lambda: log_out_everywhere(user=User.objects.get(pk=user.pk)))

    user.refresh_from_db()
    assert user.credential_generation == 10


def test_ten_tokens_made_at_once_stay_within_what_a_user_may_have(settings: Settings) -> None:
    settings.LAYERSTORE_TOKENS_PER_USER = 3
    user = UserFactory()

    def make() -> str:
        try:
            return create_access_token(user=user, name="x", scopes=[TokenScope.PULL]).token.name
        except TooManyTokens as error:
            return error.code

    assert sorted(run_in_threads(10, make)) == ["too_many_tokens"] * 7 + ["x"] * 3
    assert user.access_tokens.count() == 3


def test_a_token_revoked_ten_times_at_once_is_revoked_once() -> None:
    token = AccessTokenFactory()

    ends = {outcome.revoked_at for outcome in run_in_threads(10, lambda: revoke_access_token(token=token, actor=token.user))}

    assert len(ends) == 1
    assert AuditEvent.objects.count() == 1


def test_a_use_written_while_the_token_is_revoked_loses_neither() -> None:
    token = AccessTokenFactory()
    now = timezone.now().timestamp()

    run_in_threads(
        2,
        lambda number: revoke_access_token(token=token, actor=token.user) if number else write_token_uses(uses={token.pk: now}),
    )

    token.refresh_from_db()
    assert None not in {token.revoked_at, token.last_used_at}


def test_uses_noted_while_five_workers_write_all_arrive() -> None:
    tokens = [AccessTokenFactory() for _ in range(5)]

    def act(number: int) -> None:
        for token in tokens:
            note_token_use(token)
            tasks.write_token_uses()

    run_in_threads(5, act)
    tasks.write_token_uses()

    assert not AccessToken.objects.filter(last_used_at=None).exists()


def test_uses_written_by_two_writers_in_opposite_orders_never_wait_for_each_other() -> None:
    tokens = [AccessTokenFactory() for _ in range(50)]
    now = timezone.now().timestamp()

    def write(number: int) -> int:
        ordered = tokens if number % 2 else tokens[::-1]
        return sum(write_token_uses(uses={token.pk: now + number + turn for token in ordered}) for turn in range(10))

    assert not [outcome for outcome in run_in_threads(4, write) if isinstance(outcome, Exception)]


def test_one_of_ten_robots_of_one_name_is_made_and_the_others_are_told() -> None:
    membership = MembershipFactory()

    def make() -> str:
        try:
            return create_robot(organisation=membership.account, actor=membership.user, name="ci").token.name
        except RobotNameTaken as error:
            return error.code

    assert sorted(run_in_threads(10, make)) == ["ci"] + ["robot_name_taken"] * 9
    assert AccessToken.objects.get().username == f"{membership.account.handle}+ci"
    assert OutgoingMail.objects.count() == 1


def test_robots_made_by_several_owners_at_once_stay_within_what_an_organisation_may_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MOST_ROBOTS", 3)
    first = MembershipFactory()
    owners = [first.user, *(MembershipFactory(account=first.account).user for _ in range(4))]

    run_in_threads(5, lambda number: create_robot(organisation=first.account, actor=owners[number], name=f"ci-{number}"))

    assert first.account.robots.count() == 3


def test_a_robot_replaced_ten_times_at_once_has_one_new_secret() -> None:
    robot = RobotFactory()
    owner = MembershipFactory(account=robot.organisation).user

    outcomes = run_in_threads(10, lambda: replace_robot(robot=robot, actor=owner, overlap=timedelta(days=1)))

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["IssuedToken"] + ["RobotEnded"] * 9
    assert robot.organisation.robots.count() == 2


def test_who_stops_being_an_owner_meanwhile_makes_no_robot() -> None:
    membership = MembershipFactory()

    def act(number: int) -> object:
        if number:
            with transaction.atomic():
                lock_organisation(account_id=membership.account_id)
                return Membership.objects.filter(pk=membership.pk).delete()
        return create_robot(organisation=membership.account, actor=membership.user, name="ci")

    made, _ = run_in_threads(2, act)

    assert isinstance(made, NotAnOwner) or AuditEvent.objects.get().actor == membership.user
    assert AccessToken.objects.count() == (0 if isinstance(made, NotAnOwner) else 1)


def test_five_workers_remind_of_each_token_once() -> None:
    now = timezone.now()
    AccessTokenFactory.create_batch(10, created_at=now - timedelta(days=90), expires_at=now + timedelta(days=10))

    assert sum(run_in_threads(5, lambda: remind_of_ending_tokens(now=now))) == 10
    assert OutgoingMail.objects.count() == 10
