"""The job that sends mails."""

from django.core.mail import get_connection

from common.jobs import periodic
from outbox.mail.delivery import has_due_mail, send_waiting_mail
from outbox.mail.errors import MailServerAway

MAIL_CONNECTIONS = 4  # at once, however many workers there are


@periodic(every=10, lane="mail", limit=60, places=MAIL_CONNECTIONS, again=has_due_mail)
def send_due_mail() -> int | None:
    """Send due mails; a few workers share them. Returns how many were tried, None if the mail server is away."""
    try:
        return send_waiting_mail(mail_server=get_connection())
    except MailServerAway:
        return None  # the next run tries again
