"""The only place where mails are locked."""

from uuid import UUID

from common.db.locking import locked
from outbox.mail.models import OutgoingMail


def lock_mail(*, mail_id: UUID) -> OutgoingMail:
    """Lock the mail for this transaction."""
    return locked(OutgoingMail.objects.filter(pk=mail_id)).get()
