"""What goes wrong with mails."""

from django.utils.translation import gettext

from common.errors import ConflictError, RetryLater


class MailAlreadySent(ConflictError):
    """The text of a sent mail is not kept, so it cannot be sent again. 409."""

    code = "mail_already_sent"

    def __init__(self, *, mail_id: object) -> None:
        message = gettext("This mail was sent, and its text is no longer stored. Ask the user to request a new one.")
        super().__init__(message, mail_id=str(mail_id))


class MailServerAway(RetryLater):
    """The mail server cannot be reached, or fails for everybody. Mails are sent later."""

    code = "mail_server_away"

    def __init__(self) -> None:
        super().__init__(gettext("The mail server does not accept mail at the moment. Mails are sent later."))
