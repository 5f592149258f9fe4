"""Head-of-line blocking in the outbox: one mail, one origin, one recipient holds nobody else up; a server that is away is told from them."""

import smtplib
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta

import pytest
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from common.db.leases.holding import lease
from common.db.models import Outage
from common.db.outages import begin_outage
from outbox.mail.delivery import DEPENDENCY, send_waiting_mail
from outbox.mail.models import OutgoingMail
from outbox.mail.services import queue_mail
from outbox.mail.tasks import MAIL_CONNECTIONS, send_due_mail

pytestmark = pytest.mark.django_db


class Server(BaseEmailBackend):
    """A mail server that fails for some recipients."""

    def __init__(self, fails: Callable[[str], Exception | None] = lambda _: None) -> None:
        super().__init__()
        self.fails = fails
        self.sent: list[str] = []

    def send_messages(self, messages: list[EmailMultiAlternatives]) -> int:  # type: ignore[override]  # what Django passes
        to = messages[0].to[0]
        if error := self.fails(to):
            raise error
        self.sent.append(to)
        return 1


def queue(*recipients: str, origin: str = "") -> None:
    for to in recipients:
        queue_mail(to=to, template="unknown_account", context={"signup_url": "http://shop.test/"}, key=f"unknown:{to}", origin=origin)


def tried() -> dict[str, int]:
    return dict(OutgoingMail.objects.values_list("to", "attempts"))


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(TimeoutError("said nothing"), id="hangs"),
        pytest.param(smtplib.SMTPRecipientsRefused({"bad@example.test": (450, b"busy")}), id="put off"),
        pytest.param(smtplib.SMTPRecipientsRefused({"bad@example.test": (550, b"unknown")}), id="refused"),
        pytest.param(smtplib.SMTPServerDisconnected("gone"), id="hangs up"),
        pytest.param(UnicodeEncodeError("ascii", "ſ", 0, 1, "cannot be sent"), id="cannot be written down"),
        pytest.param(ValueError("Header values may not contain newlines"), id="cannot be made"),
    ],
)
def test_one_mail_that_fails_stops_no_other_and_says_why(error: Exception) -> None:
    queue("bad@example.test", "good@example.test", "fine@example.test")
    server = Server(lambda to: error if to.startswith("bad") else None)

    assert send_waiting_mail(mail_server=server) == 3

    assert server.sent == ["good@example.test", "fine@example.test"]
    bad = OutgoingMail.objects.get(to="bad@example.test")
    assert bad.last_error.startswith(type(error).__name__)
    assert bad.due_at > timezone.now()
    assert not Outage.objects.exists()


def test_many_mails_of_one_account_do_not_hold_up_somebody_else_s() -> None:
    queue(*(f"guest{number}@example.test" for number in range(30)), origin="an organisation")
    queue("new@example.test", "newer@example.test")
    server = Server()

    send_waiting_mail(mail_server=server)

    assert server.sent[:3] == ["guest0@example.test", "new@example.test", "newer@example.test"]
    assert len(server.sent) == 32


def test_a_mail_that_was_never_tried_comes_before_those_that_failed() -> None:
    queue(*(f"old{number}@example.test" for number in range(5)))
    OutgoingMail.objects.update(attempts=3)
    queue("new@example.test")
    server = Server()

    send_waiting_mail(mail_server=server)

    assert server.sent[0] == "new@example.test"


def test_mails_of_different_origins_that_fail_alike_mean_that_the_server_is_away(caplog: pytest.LogCaptureFixture) -> None:
    queue(*(f"reader{number}@example.test" for number in range(6)))
    server = Server(lambda _: TimeoutError("said nothing"))

    assert send_due_mail_by(server) is None

    assert sorted(tried().values()) == [0, 0, 0, 1, 1, 1]
    outage = Outage.objects.get()
    assert (outage.dependency, outage.reason) == (DEPENDENCY, "TimeoutError")
    assert "dependency away" in caplog.text


def test_the_mails_of_one_origin_alone_make_nobody_look_away() -> None:
    queue(*(f"guest{number}@example.test" for number in range(6)), origin="an organisation")
    server = Server(lambda _: TimeoutError("said nothing"))

    assert send_waiting_mail(mail_server=server) == 6

    assert not Outage.objects.exists()


def test_addresses_that_do_not_exist_say_nothing_of_the_server() -> None:
    queue(*(f"reader{number}@example.test" for number in range(6)))
    server = Server(lambda to: smtplib.SMTPRecipientsRefused({to: (550, b"unknown")}))

    assert send_waiting_mail(mail_server=server) == 6

    assert not Outage.objects.exists()
    assert OutgoingMail.objects.filter(given_up_at=None).count() == 0


def test_recipients_that_are_put_off_say_nothing_of_the_server_and_hold_nobody_up() -> None:
    queue(*(f"typo{number}@exampel.test" for number in range(6)))
    queue("good@example.test")
    server = Server(lambda to: smtplib.SMTPRecipientsRefused({to: (450, b"4.1.2 Domain not found")}) if to.startswith("typo") else None)

    assert send_waiting_mail(mail_server=server) == 7

    assert server.sent == ["good@example.test"]
    assert not Outage.objects.exists()
    put_off = OutgoingMail.objects.filter(sent_at=None)
    assert put_off.filter(due_at__gt=timezone.now(), attempts=1, given_up_at=None).count() == 6


def test_a_server_that_closes_when_it_is_told_the_recipient_is_away() -> None:
    queue(*(f"reader{number}@example.test" for number in range(6)))
    server = Server(lambda to: smtplib.SMTPRecipientsRefused({to: (421, b"4.3.2 Closing")}))

    assert send_due_mail_by(server) is None

    assert sorted(tried().values()) == [0, 0, 0, 1, 1, 1]
    assert Outage.objects.get().reason == "SMTPRecipientsRefused 421"


def test_a_mail_that_goes_through_says_that_the_server_is_back() -> None:
    begin_outage(DEPENDENCY, reason="TimeoutError")
    queue("reader@example.test")

    send_waiting_mail(mail_server=Server())

    assert not Outage.objects.exists()


def test_a_server_that_cannot_be_reached_is_away_and_is_asked_again_by_the_sweep_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    queue("reader@example.test")
    server = Server()
    queued: list[object] = []
    monkeypatch.setattr(server, "open", lambda: (_ for _ in ()).throw(ConnectionRefusedError()))
    monkeypatch.setattr("common.jobs.queue_after_commit", queued.append)

    assert send_due_mail_by(server) is None

    assert tried() == {"reader@example.test": 0}
    assert Outage.objects.get().reason == "ConnectionRefusedError"
    assert queued == []


def test_without_mail_the_server_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server()
    monkeypatch.setattr(server, "open", lambda: pytest.fail("asked"))

    assert send_due_mail_by(server) == 0


@pytest.mark.django_db(transaction=True)
def test_no_more_connections_are_open_at_once_than_the_server_shall_bear() -> None:
    queue("reader@example.test")
    with ExitStack() as others:
        for place in range(1, MAIL_CONNECTIONS):
            assert others.enter_context(lease(f"outbox.send_due_mail:{place}", lasting=timedelta(minutes=1)))
        with lease("outbox.send_due_mail", lasting=timedelta(minutes=1)) as leased:
            assert leased
            assert send_due_mail() is None
        assert send_due_mail() == 1


def send_due_mail_by(server: Server) -> int | None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("outbox.mail.tasks.get_connection", lambda: server)
        return send_due_mail()
