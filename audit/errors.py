"""What goes wrong with acts that need a reason."""

from common.errors import InvalidInput


class ReasonMissing(InvalidInput):
    """The act goes into the audit trail and needs a reason. 422."""

    code = "reason_missing"
    field = "reason"

    def __init__(self) -> None:
        super().__init__("Say why: the reason goes into the audit trail.")
