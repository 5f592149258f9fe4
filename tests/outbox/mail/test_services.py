import smtplib
from datetime import timedelta

import pytest
from django.core import mail as django_mail
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.utils import timezone

from audit.errors import ReasonMissing
from audit.models import AuditEvent
from outbox.mail.delivery import BACKOFF, claim_mail, send_claimed_mail
from outbox.mail.errors import MailAlreadySent
from outbox.mail.models import OutgoingMail
from outbox.mail.services import queue_mail, resend_mail
from outbox.mail.tasks import send_due_mail
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db
MOST = BACKOFF.most or 0


def _queue(key: str = "unknown:1", to: str = "mira@example.test") -> OutgoingMail:
    queue_mail(to=to, template="unknown_account", context={"signup_url": "http://shop.test/?a=1&b=2"}, key=key)
    return OutgoingMail.objects.get(key=key)


def test_a_queued_mail_is_rendered_with_text_and_html() -> None:
    mail = _queue()

    assert mail.subject == "No account with this address"
    assert "http://shop.test/?a=1&b=2\n" in mail.body_text
    assert "http://shop.test/?a=1&amp;b=2" in mail.body_html
    assert "<!doctype html>" in mail.body_html
    assert str(mail) == "No account with this address → mira@example.test"


def test_the_same_key_queues_one_mail() -> None:
    first = _queue()
    _queue(to="other@example.test")

    assert list(OutgoingMail.objects.all()) == [first]


def test_a_subject_never_breaks_out_of_its_line() -> None:
    token = {"name": "a\nBcc: all@example.test", "hint": "", "scopes": []}
    queue_mail(to="mira@example.test", template="token_created", context={"token": token}, key="k")

    assert OutgoingMail.objects.get().subject == "New access token: a Bcc: all@example.test"


@pytest.mark.django_db(transaction=True)
def test_a_mail_goes_with_the_change_it_tells_of(monkeypatch: pytest.MonkeyPatch) -> None:
    queued: list[str] = []
    monkeypatch.setattr("common.ops.queue._send", lambda task, _args: queued.append(task))

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        _queue()
        raise ZeroDivisionError
    assert not OutgoingMail.objects.exists()
    assert queued == []

    with transaction.atomic():
        _queue()
        assert queued == []
    assert queued == ["outbox.send_due_mail"]


def test_due_mail_is_sent_once_and_keeps_no_text() -> None:
    _queue()

    assert send_due_mail() == 1
    assert send_due_mail() == 0

    (sent,) = django_mail.outbox
    assert (sent.to, sent.subject) == (["mira@example.test"], "No account with this address")
    assert isinstance(sent, EmailMultiAlternatives)
    assert [mimetype for _, mimetype in sent.alternatives] == ["text/html"]
    assert sent.extra_headers["Auto-Submitted"] == "auto-generated"
    row = OutgoingMail.objects.get()
    assert row.sent_at is not None
    assert (row.body_text, row.body_html, row.attempts) == ("", "", 1)


def test_a_worker_that_dies_between_sending_and_marking_leaves_a_mail_that_is_sent_again() -> None:
    """At least once: the price of losing none."""
    _queue()
    claimed = claim_mail(served=set())
    assert claimed is not None
    with transaction.atomic():
        send_claimed_mail(mail=claimed, mail_server=get_connection())
        transaction.set_rollback(True)

    assert send_due_mail() == 0
    OutgoingMail.objects.update(due_at=timezone.now())
    assert send_due_mail() == 1

    assert len(django_mail.outbox) == 2
    assert OutgoingMail.objects.get().sent_at is not None


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The tasks that were queued."""
    queued: list[object] = []
    monkeypatch.setattr("common.ops.queue._send", lambda task, _args: queued.append(task))
    monkeypatch.setattr("common.ops.queue.transaction.on_commit", lambda send: send())
    return queued


class RefusingServer(BaseEmailBackend):
    """A mail server whose every answer is one error."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error
        self.closed = 0

    def send_messages(self, messages: object) -> int:
        raise self.error

    def open(self) -> bool:
        return True

    def close(self) -> None:
        self.closed += 1


REFUSED_FOR_NOW = smtplib.SMTPRecipientsRefused({"mira@example.test": (450, b"busy")})


@pytest.mark.parametrize(
    ("error", "final"),
    [
        pytest.param(smtplib.SMTPServerDisconnected("gone"), False, id="connection lost"),
        pytest.param(TimeoutError("slow"), False, id="timeout"),
        pytest.param(REFUSED_FOR_NOW, False, id="recipient refused for now"),
        pytest.param(smtplib.SMTPRecipientsRefused({"mira@example.test": (550, b"unknown")}), True, id="recipient refused for good"),
        pytest.param(smtplib.SMTPDataError(451, b"later"), False, id="text refused for now"),
        pytest.param(smtplib.SMTPDataError(554, b"spam"), True, id="text refused for good"),
        pytest.param(smtplib.SMTPSenderRefused(550, b"no", "us@example.test"), True, id="sender refused for good"),
    ],
)
def test_a_refusal_is_retried_later_unless_it_is_final(error: Exception, final: bool) -> None:  # noqa: FBT001  a table's column
    mail = _queue()
    claimed = claim_mail(served=set())
    assert claimed is not None
    server = RefusingServer(error)

    send_claimed_mail(mail=claimed, mail_server=server)

    mail.refresh_from_db()
    assert (mail.given_up_at is not None) is final
    assert mail.sent_at is None
    assert mail.body_text
    assert type(error).__name__ in mail.last_error
    assert server.closed == 1
    assert claim_mail(served=set()) is None


def test_waits_double_up_to_six_hours() -> None:
    mail, waits = _queue(), []
    for _ in range(12):
        OutgoingMail.objects.update(due_at=timezone.now())
        claimed = claim_mail(served=set())
        assert claimed is not None
        before = OutgoingMail.objects.get(pk=mail.pk)
        waits.append(round((before.due_at - timezone.now()).total_seconds() / 30))

    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 720, 720]


def test_a_mail_tried_too_often_fails() -> None:
    mail = _queue()
    OutgoingMail.objects.update(attempts=MOST - 1)
    claimed = claim_mail(served=set())
    assert claimed is not None

    send_claimed_mail(mail=claimed, mail_server=RefusingServer(REFUSED_FOR_NOW))

    mail.refresh_from_db()
    assert (mail.attempts, mail.given_up_at is not None) == (MOST, True)


def test_with_the_mail_server_away_no_mail_spends_an_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    mail = _queue()
    server = RefusingServer(OSError())
    monkeypatch.setattr(server, "open", lambda: (_ for _ in ()).throw(ConnectionRefusedError()))
    monkeypatch.setattr("outbox.mail.tasks.get_connection", lambda: server)

    assert send_due_mail() is None

    mail.refresh_from_db()
    assert (mail.attempts, mail.sent_at) == (0, None)


def test_a_run_ends_before_its_time_limit_and_the_next_goes_on(monkeypatch: pytest.MonkeyPatch, called: list[object]) -> None:
    clock = iter(range(0, 1000, 8))
    monkeypatch.setattr("outbox.mail.delivery.monotonic", lambda: next(clock))
    for number in range(4):
        _queue(key=f"unknown:{number}")
    called.clear()

    assert send_due_mail() == 2
    assert OutgoingMail.objects.filter(sent_at=None).count() == 2
    assert called == [send_due_mail]


def test_staff_send_a_failed_mail_again() -> None:
    mail, staff = _queue(), UserFactory(staff=True)
    OutgoingMail.objects.update(given_up_at=timezone.now(), attempts=MOST, due_at=timezone.now() + timedelta(days=1))

    resend_mail(mail=mail, reason="their server is back", actor=staff)

    assert send_due_mail() == 1
    assert OutgoingMail.objects.get().given_up_at is None
    assert (AuditEvent.objects.get().action, AuditEvent.objects.get().reason) == ("mail.resent", "their server is back")


def test_a_sent_mail_cannot_be_sent_again() -> None:
    mail = _queue()
    send_due_mail()
    before = OutgoingMail.objects.values().get()

    with pytest.raises(MailAlreadySent):
        resend_mail(mail=mail, reason="lost", actor=UserFactory())

    assert OutgoingMail.objects.values().get() == before
    assert not AuditEvent.objects.exists()


def test_without_a_reason_nothing_is_sent_again() -> None:
    mail = _queue()
    before = OutgoingMail.objects.values().get()

    with pytest.raises(ReasonMissing):
        resend_mail(mail=mail, reason="", actor=UserFactory())

    assert OutgoingMail.objects.values().get() == before
