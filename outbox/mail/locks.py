"""The only place where mails are locked."""

from uuid import UUID

from common.db.locking import require_atomic
from outbox.mail.models import OutgoingMail


def lock_mail(*, mail_id: UUID) -> OutgoingMail:
    """Lock the mail for this transaction."""
    require_atomic()
    return OutgoingMail.objects.select_for_update(of=("self",), no_key=True).get(pk=mail_id)
