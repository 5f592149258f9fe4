"""What staff are told when a difference is not theirs to explain."""

from common.errors import ConflictError


class DifferenceEnded(ConflictError):
    """It has ended already. 409."""

    code = "difference_ended"

    def __init__(self) -> None:
        super().__init__("This difference has ended already. Reload the page.")
