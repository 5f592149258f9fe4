"""People see where they are signed in, end each session, and read of sign-ins from devices that they have not used before."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.people.models import User
from accounts.sessions.browsers import browser_named
from accounts.sessions.models import SignIn
from accounts.sessions.selectors import open_sessions_of
from accounts.sessions.services import MAILS_A_DAY, MOST_KEPT, end_session, forget_old_sign_ins, note_sign_in
from audit.models import AuditEvent
from outbox.mail.models import OutgoingMail
from tests.factories.accounts import PASSWORD, UserFactory
from tests.support.pages import assert_sound

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
PAGE = "/account/sessions/"


@pytest.fixture
def mira() -> User:
    return UserFactory(username="mira", date_joined=timezone.now() - timedelta(days=30))


def sign_in(user: User, *, agent: str = FIREFOX, address: str = "192.0.2.7") -> Client:
    client = Client(headers={"user-agent": agent, "x-forwarded-for": address})
    answer = client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    assert answer.status_code == 302
    return client


def note(user: User, number: int, *, agent: str = FIREFOX, address: str | None = "192.0.2.7") -> SignIn:
    return note_sign_in(user=user, session_key=f"session-{number}", user_agent=agent, address=address)


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (FIREFOX, "Firefox on Linux"),
        (CHROME, "Chrome on Windows"),
        (f"{CHROME} Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1", "Safari on iPhone"),
        ("curl/8.0", "A browser"),
        ("", "A browser"),
    ],
)
def test_a_browser_is_called_as_people_call_it(agent: str, name: str) -> None:
    assert browser_named(agent) == name
    assert SignIn(browser=name).browser_words == name


def test_each_session_is_listed_with_browser_and_place_and_can_be_ended(mira: User) -> None:
    here, there = sign_in(mira), sign_in(mira, agent=CHROME, address="198.51.100.1")

    page = here.get(PAGE)
    assert_sound(page)
    listed = [(row.sign_in.browser, row.sign_in.address, row.current) for row in page.context["rows"]]
    assert listed == [("Chrome on Windows", "198.51.100.1", False), ("Firefox on Linux", "192.0.2.7", True)]

    other = page.context["rows"][0].sign_in
    assert here.post(reverse("accounts:session_end", args=[other.pk]))["Location"] == PAGE
    assert there.get(PAGE).status_code == 302
    assert [row.current for row in here.get(PAGE).context["rows"]] == [True]
    event = AuditEvent.objects.get(action="session.ended")
    assert (event.actor, event.target_id, event.details) == (mira, str(mira.pk), {"browser": "Chrome on Windows"})
    end_session(sign_in=other, actor=mira)
    assert AuditEvent.objects.filter(action="session.ended").count() == 1


def test_ending_the_own_session_signs_out(mira: User) -> None:
    client = sign_in(mira)

    assert client.post(reverse("accounts:session_end", args=[SignIn.objects.get().pk]))["Location"] == "/"
    assert client.get(PAGE).status_code == 302


def test_nobody_ends_somebody_elses(mira: User) -> None:
    sign_in(mira)
    stranger = Client()
    stranger.force_login(UserFactory())

    assert stranger.post(reverse("accounts:session_end", args=[SignIn.objects.get().pk])).status_code == 404
    assert Session.objects.filter(pk=SignIn.objects.get().session_key).exists()
    assert_sound(stranger.get(PAGE))


def test_a_session_stays_listed_when_its_user_changes_the_password_and_the_others_go(mira: User) -> None:
    here = sign_in(mira)
    sign_in(mira, agent=CHROME)
    new = {"oldpassword": PASSWORD, "password1": "another long sentence 42", "password2": "another long sentence 42"}

    assert here.post(reverse("account_change_password"), new).status_code == 302

    assert [row.current for row in here.get(PAGE).context["rows"]] == [True]


def test_a_session_stays_listed_when_all_others_are_signed_out(mira: User) -> None:
    here = sign_in(mira)
    sign_in(mira, agent=CHROME)

    here.post(reverse("marketplace:log_out_everywhere"))

    assert [row.current for row in here.get(PAGE).context["rows"]] == [True]


def test_a_session_stays_listed_when_its_user_changes_the_password_after_all_others_were_signed_out(mira: User) -> None:
    here = sign_in(mira)
    here.post(reverse("marketplace:log_out_everywhere"))
    new = {"oldpassword": PASSWORD, "password1": "another long sentence 42", "password2": "another long sentence 42"}

    assert here.post(reverse("account_change_password"), new).status_code == 302

    assert [row.current for row in here.get(PAGE).context["rows"]] == [True]


def test_a_sign_in_from_a_new_browser_or_network_is_told_and_from_a_known_one_is_not(mira: User) -> None:
    note(mira, 1)
    note(mira, 2, address="192.0.2.99")  # the same network
    assert OutgoingMail.objects.count() == 1

    note(mira, 3, agent=CHROME)
    note(mira, 4, address="198.51.100.1")
    note(mira, 5, address="2001:db8:1:2::3")
    note(mira, 6, address="2001:db8:1:ffff::4")
    note(mira, 7, address=None)

    mails = list(OutgoingMail.objects.order_by("created_at", "pk"))
    assert len(mails) == 5
    assert {mail.to for mail in mails} == {mira.email}
    assert "Chrome on Windows" in mails[1].body_text
    assert f"http://layerstore.test:8080{PAGE}" in mails[1].body_text


def test_whoever_has_just_signed_up_is_told_nothing_of_the_first_sign_in() -> None:
    note(user := UserFactory(), 1)
    assert not OutgoingMail.objects.exists()

    note(user, 2, agent=CHROME)
    assert OutgoingMail.objects.count() == 1


def test_a_new_device_is_told_after_any_number_of_sign_ins_from_a_known_one(mira: User) -> None:
    for number in range(MAILS_A_DAY + 1):
        note(mira, number)
    assert OutgoingMail.objects.count() == 1

    note(mira, MAILS_A_DAY + 1, agent=CHROME, address="198.51.100.9")

    assert "Chrome on Windows" in OutgoingMail.objects.latest("created_at").body_text
    assert OutgoingMail.objects.count() == 2


def test_rows_and_mails_of_a_day_are_bounded(mira: User) -> None:
    with time_machine.travel(timezone.now().replace(hour=12)):
        for number in range(MOST_KEPT + 5):
            note(mira, number, address=f"10.0.{number}.1")

    kept = set(SignIn.objects.values_list("session_key", flat=True))
    assert kept == {f"session-{number}" for number in range(5, MOST_KEPT + 5)}
    assert OutgoingMail.objects.count() == MAILS_A_DAY
    with time_machine.travel(timezone.now().replace(hour=12) + timedelta(days=1)):
        note(mira, MOST_KEPT + 5, agent=CHROME)
    assert OutgoingMail.objects.count() == MAILS_A_DAY + 1


def test_the_same_session_is_one_row(mira: User) -> None:
    note(mira, 1)
    sign_in = note(mira, 1)

    assert SignIn.objects.get() == sign_in
    assert str(sign_in) == f"Firefox on Linux, {sign_in.signed_in_at:%Y-%m-%d %H:%M} UTC"


def test_a_device_stays_known_for_as_long_as_addresses_are_kept_and_an_open_session_longer(mira: User, settings) -> None:
    sign_in(mira)
    note(mira, 1)
    SignIn.objects.update(signed_in_at=timezone.now() - settings.LAYERSTORE_AUDIT_ADDRESSES_KEPT - timedelta(days=1))

    assert forget_old_sign_ins(now=timezone.now()) == 1

    assert Session.objects.filter(pk=SignIn.objects.get().session_key).exists()


def test_the_list_takes_two_queries_however_many_there_are(mira: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for _ in range(3):
        sign_in(mira)

    with django_assert_num_queries(2):
        assert len(open_sessions_of(mira, current_key="")) == 3
