"""Where Django looks for the tables of this app."""

from outbox.mail.models import OutgoingMail

__all__ = ["OutgoingMail"]
