"""Writes mails into the outbox, in the transaction of what they are about. They are sent afterwards, at least once."""

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.template import Context, Engine
from django.template.loader import render_to_string

from audit.services import record_audit, require_reason
from common.db.claims import try_again
from common.db.locking import locked_transaction
from common.ops.queue import queue_after_commit
from outbox.mail.errors import MailAlreadySent
from outbox.mail.locks import lock_mail
from outbox.mail.models import OutgoingMail


def queue_mail(*, to: str, template: str, context: dict[str, object], key: str, origin: str = "", unsubscribe_url: str = "") -> None:
    """Render a mail now, to be sent once the surrounding transaction has committed; the same key again does nothing.

    Args:
        to: one address.
        template: folder under `templates/email` with `subject.txt`, `body.txt` and `body.html`.
        context: their variables, besides `host` and `to`; rendered now, so that a later change does not alter the mail.
        key: what the mail is about, e.g. `receipt:<order id>`; at most 200 characters.
        origin: who causes it, where one act or account writes to many; each origin has its turn. By default the recipient's address.
        unsubscribe_url: where a POST ends mails of this kind for the recipient; mail programs show a button for it (RFC 8058).
    """
    variables = {"host": settings.LAYERSTORE_IMAGE_HOST, "to": to, **context}
    mail = OutgoingMail(
        key=key,
        origin=(origin or to).casefold(),
        to=to,
        subject=" ".join(_render_text(template, "subject.txt", variables).split())[:200],
        body_text=_render_text(template, "body.txt", variables).strip() + "\n",
        body_html=render_to_string(f"email/{template}/body.html", variables),
        unsubscribe_url=unsubscribe_url,
    )
    OutgoingMail.objects.bulk_create([mail], ignore_conflicts=True)  # the unique key decides, without asking first
    queue_after_commit("outbox.send_due_mail")


def _render_text(template: str, part: str, context: dict[str, object]) -> str:
    """Render plain text, in which `&` stays `&`."""
    return Engine.get_default().get_template(f"email/{template}/{part}").render(Context(context, autoescape=False))


def resend_mail(*, mail: OutgoingMail, reason: str, actor: AbstractBaseUser) -> OutgoingMail:
    """Try a mail that was not sent again, now.

    Raises:
        ReasonMissing: no reason.
        MailAlreadySent: its text is no longer stored.
    """
    require_reason(reason)
    with locked_transaction():
        locked = lock_mail(mail_id=mail.pk)
        if locked.sent_at is not None:
            raise MailAlreadySent(mail_id=locked.pk)
        try_again(locked)
        record_audit(actor=actor, action="mail.resent", target=locked, reason=reason)
        queue_after_commit("outbox.send_due_mail")
    return locked
