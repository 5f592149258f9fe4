"""Writes mails into the outbox, in the transaction of what they are about. They are sent afterwards, at least once."""

from django.contrib.auth.base_user import AbstractBaseUser

from audit.services import record_audit, require_reason
from common.db.claims import try_again
from common.db.locking import locked_transaction
from common.ops.queue import queue_after_commit
from outbox.mail.errors import MailAlreadySent
from outbox.mail.languages import language_for
from outbox.mail.locks import lock_mail
from outbox.mail.models import OutgoingMail
from outbox.mail.rendering import render_mail


def queue_mail(
    *,
    to: str,
    template: str,
    context: dict[str, object],
    key: str,
    origin: str = "",
    unsubscribe_url: str = "",
    language: str | None = None,
) -> None:
    """Render a mail now, to be sent once the surrounding transaction has committed; the same key again does nothing.

    It is in the language of the account that has the address.

    Args:
        to: one address.
        template: folder under `templates/email` with `subject.txt` and `body.html`, of which the text is made.
        context: their variables, besides `host` and `to`; rendered now, so that a later change does not alter the mail.
        key: what the mail is about, e.g. `receipt:<order id>`; at most 200 characters.
        origin: who causes it, where one act or account writes to many; each origin has its turn. By default the recipient's address.
        unsubscribe_url: where a POST ends mails of this kind for the recipient; mail programs show a button for it (RFC 8058).
        language: where no account says one: that of the request, if its own user or a visitor gets the mail. By default English.
    """
    rendered = render_mail(to=to, template=template, context=context, language=language_for(to, otherwise=language))
    mail = OutgoingMail(
        key=key,
        origin=(origin or to).casefold(),
        to=to,
        subject=rendered.subject,
        body_text=rendered.text,
        body_html=rendered.html,
        unsubscribe_url=unsubscribe_url,
    )
    OutgoingMail.objects.bulk_create([mail], ignore_conflicts=True)  # the unique key decides, without asking first
    queue_after_commit("outbox.send_due_mail")


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
