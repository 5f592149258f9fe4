"""Where Celery looks for the tasks of this app."""

from outbox.mail.tasks import send_due_mail

__all__ = ["send_due_mail"]
