"""Why a mail is not sent."""

from common.errors import ConflictError, RetryLater


class MailAlreadySent(ConflictError):
    """A sent mail keeps no text, so there is nothing to send again. 409."""

    code = "mail_already_sent"

    def __init__(self, *, mail_id: object) -> None:
        super().__init__("This mail is sent, and its text is gone. Let the user ask for a new one.", mail_id=str(mail_id))


class MailServerAway(RetryLater):
    """The mail server cannot be reached, or fails for everybody. What waits keeps its turn."""

    code = "mail_server_away"

    def __init__(self) -> None:
        super().__init__("The mail server does not take mail right now. What waits is sent later.")
