"""The outbox: mail is written in the transaction of what it tells of, and sent afterwards, at least once."""

import smtplib
from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.template import Context, Engine
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.errors import MailAlreadySent
from accounts.locks import lock_mail
from accounts.models import OutgoingMail, User
from accounts.services.audit import record_audit
from accounts.services.reasons import require_reason
from common.locking import locked_transaction
from common.queue import queue_after_commit

MAX_ATTEMPTS = 16  # about two days
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=6)
_PERMANENT = 500  # RFC 5321, section 4.2.1: 5yz will not get better by repeating


def queue_mail(*, to: str, template: str, context: dict[str, object], key: str) -> None:
    """Render a mail now and have it sent once the surrounding transaction has committed; the same key again does nothing.

    Args:
        to: one address.
        template: folder under `templates/email` with `subject.txt`, `body.txt` and `body.html`.
        context: what they show, beside `public_url` and `to`; read now, so a later change does not alter the mail.
        key: what the mail is about, e.g. `receipt:<order id>`; at most 200 characters.
    """
    shown = {"public_url": settings.LAYERSTORE_PUBLIC_URL, "host": settings.LAYERSTORE_IMAGE_HOST, "to": to, **context}
    mail = OutgoingMail(
        key=key,
        to=to,
        subject=" ".join(_render_text(template, "subject.txt", shown).split())[:200],
        body_text=_render_text(template, "body.txt", shown).strip() + "\n",
        body_html=render_to_string(f"email/{template}/body.html", shown),
    )
    OutgoingMail.objects.bulk_create([mail], ignore_conflicts=True)  # the unique key decides, not a question asked before
    queue_after_commit("accounts.send_due_mail")


def _render_text(template: str, part: str, context: dict[str, object]) -> str:
    """Render plain text, in which `&` stays `&`."""
    return Engine.get_default().get_template(f"email/{template}/{part}").render(Context(context, autoescape=False))


def claim_due_mail() -> OutgoingMail | None:
    """Take one mail whose time has come; nobody else gets it before its next attempt would be due.

    The attempt counts before it is made. A worker that dies between sending and marking leaves a mail that is sent again: at least
    once, never lost.
    """
    now = timezone.now()
    with locked_transaction():
        waiting = OutgoingMail.objects.filter(sent_at__isnull=True, failed_at__isnull=True, send_after__lte=now)
        mail = waiting.order_by("send_after").select_for_update(of=("self",), skip_locked=True).first()
        if mail is not None:
            mail.attempts += 1
            mail.send_after = now + min(_FIRST_WAIT * 2 ** (mail.attempts - 1), _LONGEST_WAIT)
            mail.save(update_fields=["attempts", "send_after"])
    return mail


def send_claimed_mail(*, mail: OutgoingMail, mail_server: BaseEmailBackend) -> None:
    """Hand a claimed mail to the mail server and write down what came of it. Outside of transactions, for SMTP takes time.

    Sent: its text goes, for it may carry a link that opens an account. Refused for good, or tried too often: failed, for staff to see.
    """
    message = EmailMultiAlternatives(mail.subject, mail.body_text, to=[mail.to], connection=mail_server)
    message.attach_alternative(mail.body_html, "text/html")
    message.extra_headers["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday replies, please
    changed: dict[str, object] = {"sent_at": timezone.now(), "body_text": "", "body_html": "", "last_error": ""}
    try:
        message.send()
    except (OSError, smtplib.SMTPException) as error:
        mail_server.close()  # whatever state it is in, the next mail begins afresh
        changed = {"last_error": _describe(error)}
        if _is_final(error) or mail.attempts >= MAX_ATTEMPTS:
            changed["failed_at"] = timezone.now()
    OutgoingMail.objects.filter(pk=mail.pk, sent_at__isnull=True).update(**changed)


def _is_final(error: OSError | smtplib.SMTPException) -> bool:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= _PERMANENT for code, _ in error.recipients.values())
    return isinstance(error, smtplib.SMTPDataError | smtplib.SMTPSenderRefused) and error.smtp_code >= _PERMANENT


def _describe(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:500]


def resend_mail(*, mail: OutgoingMail, reason: str, actor: User) -> OutgoingMail:
    """Try a mail that was not sent once more, now.

    Raises:
        ReasonMissing: no reason.
        MailAlreadySent: its text is gone.
    """
    require_reason(reason)
    with locked_transaction():
        locked = lock_mail(mail_id=mail.pk)
        if locked.sent_at is not None:
            raise MailAlreadySent(mail_id=locked.pk)
        locked.failed_at, locked.attempts, locked.send_after = None, 0, timezone.now()
        locked.save(update_fields=["failed_at", "attempts", "send_after"])
        record_audit(actor=actor, action="mail.resent", target=locked, reason=reason)
        queue_after_commit("accounts.send_due_mail")
    return locked
