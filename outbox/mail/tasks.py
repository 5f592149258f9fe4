"""What the mail lane runs."""

from celery import shared_task
from django.core.mail import get_connection

from common.db.leases import lease_of_job
from common.ops.queue import queue_after_commit
from outbox.mail.delivery import has_due_mail, send_waiting_mail
from outbox.mail.errors import MailServerAway

MAIL_CONNECTIONS = 4  # at once, however many workers there are


@shared_task(name="outbox.send_due_mail")
def send_due_mail() -> int:
    """Send the mails whose time has come; a few workers share them. Returns how many were tried."""
    with lease_of_job("outbox.send_due_mail", places=MAIL_CONNECTIONS) as held:
        if not held:
            return 0
        try:
            tried = send_waiting_mail(mail_server=get_connection())
        except MailServerAway:
            return 0  # the sweep comes back
    if has_due_mail():  # more than one run may take, or here since its last look
        queue_after_commit(send_due_mail)
    return tried
