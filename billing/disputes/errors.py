"""Why a dispute is not answered, and a reversal not changed."""

from django.utils.translation import gettext

from common.errors import ConflictError


class DisputeTakesNoAnswer(ConflictError):
    """The bank does not wait for an answer: it is decided, being looked at, or too late. 409."""

    code = "dispute_takes_no_answer"

    def __init__(self, *, status: str) -> None:
        message = gettext("The bank takes no answer any more: it is deciding, has decided, or the deadline has passed.")
        super().__init__(message, status=status)


class EvidenceAlreadySent(ConflictError):
    """Banks look at one answer. 409."""

    code = "evidence_already_sent"

    def __init__(self) -> None:
        super().__init__(gettext("This dispute has been answered. A bank looks at one answer: nothing more can be sent."))


class ReversalNotWaiting(ConflictError):
    """Nothing is left to take back, or nothing ever was. 409."""

    code = "reversal_not_waiting"

    def __init__(self) -> None:
        super().__init__("Nothing waits to be taken back from this seller: it has been taken back, or was closed.")
