"""Sends the mails in the outbox, at least once. One that fails stops no other, nor does one account with many mails."""

import logging
import smtplib
from datetime import timedelta
from time import monotonic
from typing import Final

from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.db import models
from django.utils import timezone

from common.db.claims import Backoff, claim_due, note_failure
from common.db.outages import FailureRun, begin_outage
from common.ops.metrics import counted_call
from outbox.mail.errors import MailServerAway
from outbox.mail.models import OutgoingMail

logger = logging.getLogger(__name__)
BACKOFF: Final = Backoff(first=timedelta(seconds=30), longest=timedelta(hours=6), most=16)  # about two days
RUN_SECONDS: Final = 20.0  # then the next run continues; far below the job's limit, for one mail may take a while
DEPENDENCY: Final = "mail"
_PERMANENT = 500  # RFC 5321, section 4.2.1: repeating a 5yz does not help
_CLOSING = 421  # RFC 5321, section 4.2.3: the server itself goes, whatever it was asked


def send_waiting_mail(*, mail_server: BaseEmailBackend) -> int:
    """Send due mails until none is left or RUN_SECONDS are over. Return how many were tried.

    Each origin has one turn before any has a second, mails that were never tried come before those that failed, and several workers
    share them.

    Raises:
        MailServerAway: it cannot be reached, or failed in the same way for mails of different origins; the rest is sent later.
    """
    if not has_due_mail():
        return 0
    _open(mail_server)
    run, served, tried, end = FailureRun(DEPENDENCY), set[str](), 0, monotonic() + RUN_SECONDS
    try:
        while monotonic() < end and (mail := claim_mail(served=served)) is not None:
            served.add(mail.origin)
            tried += 1
            _send(mail, mail_server, run)
    finally:
        mail_server.close()
    return tried


def has_due_mail() -> bool:
    """Whether a run would find a mail to send now."""
    return _unsent().filter(due_at__lte=timezone.now(), given_up_at__isnull=True).exists()


def claim_mail(*, served: set[str]) -> OutgoingMail | None:
    """Claim one due mail of an origin that has had no turn yet; once each has had one, all may have another.

    A worker that dies after sending and before recording it leaves a mail that is sent again: at least once, never lost.
    """
    found = claim_due(_unsent().exclude(origin__in=served), backoff=BACKOFF, most=1)
    if not found and served:
        served.clear()
        found = claim_due(_unsent(), backoff=BACKOFF, most=1)
    return found[0] if found else None


def send_claimed_mail(*, mail: OutgoingMail, mail_server: BaseEmailBackend) -> str:
    """Hand a claimed mail to the mail server and record the outcome. Call it outside transactions, for SMTP takes time.

    The text of a sent mail is blanked, for it may contain a link that opens an account. A mail that is refused for good, or was tried too
    often, is given up, which staff see. Return how it failed, in the same words for each mail; empty if it was sent, or refused or put off
    because of its recipient.
    """
    message = EmailMultiAlternatives(mail.subject, mail.body_text, to=[mail.to], connection=mail_server)
    message.attach_alternative(mail.body_html, "text/html")
    message.extra_headers["Auto-Submitted"] = "auto-generated"  # RFC 3834: asks for no automatic replies
    if mail.unsubscribe_url:  # RFC 8058, section 3.1; whoever signs mails must sign both headers (docs/operations.md)
        message.extra_headers["List-Unsubscribe"] = f"<{mail.unsubscribe_url}>"
        message.extra_headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    try:
        with counted_call(DEPENDENCY, away=(OSError,)):
            message.send()
    except Exception as error:
        mail_server.close()  # its state is unknown; the next mail opens a new connection
        note_failure(mail, error, backoff=BACKOFF, final=_is_final(error))
        if not isinstance(error, OSError):  # smtplib's errors are OSErrors; anything else is our mistake
            logger.exception("mail failed", extra={"mail": str(mail.pk)})
        return "" if _is_for_recipient(error) else _kind(error)
    sent = {"sent_at": timezone.now(), "body_text": "", "body_html": "", "unsubscribe_url": "", "last_error": ""}
    OutgoingMail.objects.filter(pk=mail.pk, sent_at__isnull=True).update(**sent)
    return ""


def _send(mail: OutgoingMail, mail_server: BaseEmailBackend, run: FailureRun) -> None:
    failure = send_claimed_mail(mail=mail, mail_server=mail_server)
    if not failure:
        run.succeeded()
    elif run.failed(origin=mail.origin, kind=failure):
        raise MailServerAway


def _open(mail_server: BaseEmailBackend) -> None:
    """Connect before a mail is claimed, so that no attempt is counted while the server is away."""
    try:
        mail_server.open()
    except OSError as error:
        mail_server.close()
        begin_outage(DEPENDENCY, reason=_kind(error))
        logger.warning("mail server away", exc_info=True)
        raise MailServerAway from error


def _unsent() -> "models.QuerySet[OutgoingMail]":
    return OutgoingMail.objects.filter(sent_at__isnull=True).order_by("attempts", "due_at")


def _is_final(error: Exception) -> bool:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= _PERMANENT for code, _ in error.recipients.values())
    return isinstance(error, smtplib.SMTPDataError | smtplib.SMTPSenderRefused) and error.smtp_code >= _PERMANENT


def _is_for_recipient(error: Exception) -> bool:
    """Whether the server answered about an address: "domain not found" comes as 450, and strangers sign up with any."""
    return isinstance(error, smtplib.SMTPRecipientsRefused) and all(code != _CLOSING for code, _ in error.recipients.values())


def _kind(error: Exception) -> str:
    codes = [code for code, _ in error.recipients.values()] if isinstance(error, smtplib.SMTPRecipientsRefused) else []
    code = codes[0] if codes else getattr(error, "smtp_code", "")
    return f"{type(error).__name__} {code}".strip()
