from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.organisations.models import Role
from accounts.robots.reminders import remind_of_ending_tokens
from accounts.robots.tasks import remind_of_ending_tokens as sweep
from accounts.tokens.models import AccessToken
from outbox.mail.models import OutgoingMail
from tests.factories.accounts import AccessTokenFactory, MembershipFactory, RobotFactory, UserFactory

pytestmark = pytest.mark.django_db
MADE = datetime(2026, 6, 1, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)


def token_that_lives(days: float, **fields: Any) -> AccessToken:
    return AccessTokenFactory(created_at=MADE, expires_at=MADE + days * DAY, **fields)


def reminded_after(days: float) -> int:
    return remind_of_ending_tokens(now=MADE + days * DAY)


def test_two_weeks_and_three_days_before_its_end_its_user_is_told_once_each() -> None:
    token = token_that_lives(90, name="build & test", user__email="mira@example.test", last_used_at=MADE + DAY)

    reminded = [reminded_after(days) for days in (0, 75.9, 76, 77, 86.9, 87, 88, 89.9, 90, 91)]

    assert reminded == [0, 0, 1, 0, 0, 1, 0, 0, 0, 0]
    first, second = OutgoingMail.objects.order_by("pk")
    assert first.to == second.to == "mira@example.test"
    assert [mail.key for mail in (first, second)] == [f"token-ending:{token.pk}:{days}:{token.user_id}" for days in (14, 3)]
    assert first.subject == "The access token build & test ends on 30 August"
    for text in ("build & test", f"lsp_…{token.hint}", "30 August 2026, 09:30 UTC", "2 June 2026, 09:30 UTC", "/account/tokens/"):
        assert text in first.body_text


@pytest.mark.parametrize(("days", "reminders"), [(2, []), (3, []), (3.1, [0.2]), (14, [11]), (15, [1, 12])], ids=str)
def test_who_made_it_for_less_than_that_knows(days: float, reminders: list[float]) -> None:
    token_that_lives(days)

    hours = [hour / 24 for hour in range(int(days * 24) + 24)]
    reminded = [hour for hour in hours if reminded_after(hour)]

    assert reminded == pytest.approx(reminders, abs=0.1)


def test_after_a_standstill_the_nearest_reminder_is_the_only_one() -> None:
    token_that_lives(90)

    assert [reminded_after(88), reminded_after(88)] == [1, 0]
    assert OutgoingMail.objects.get().key.split(":")[2] == "3"


def test_what_is_revoked_or_replaced_or_of_somebody_disabled_is_passed_over() -> None:
    token_that_lives(30, revoked_at=MADE)
    token_that_lives(30, user=UserFactory(is_active=False))
    RobotFactory(created_at=MADE, expires_at=MADE + 30 * DAY, superseded_at=MADE)
    AccessTokenFactory(created_at=MADE)

    assert reminded_after(29) == 0
    assert not OutgoingMail.objects.exists()


def test_a_robots_end_is_told_to_every_owner() -> None:
    robot = RobotFactory(created_at=MADE, expires_at=MADE + 90 * DAY, name="ci", organisation__handle="acme")
    owners = {MembershipFactory(account=robot.organisation).user.email for _ in range(2)}
    MembershipFactory(account=robot.organisation, role=Role.MEMBER)

    assert [reminded_after(80), reminded_after(80)] == [1, 0]

    assert {mail.to for mail in OutgoingMail.objects.all()} == owners
    mail = OutgoingMail.objects.all()[0]
    assert mail.subject == "The robot acme+ci ends on 30 August"
    assert "/account/organisations/acme/robots/" in mail.body_text


def test_the_sweep_goes_by_the_clock() -> None:
    now = datetime.now(UTC)
    AccessTokenFactory(created_at=now - 90 * DAY, expires_at=now + DAY)

    assert [sweep(), sweep()] == [1, 0]
