"""What staff are told when a difference is not theirs to explain or to post."""

from common.errors import ConflictError


class DifferenceEnded(ConflictError):
    """It has ended already. 409."""

    code = "difference_ended"

    def __init__(self) -> None:
        super().__init__("This difference has ended already. Reload the page.")


class DifferenceNotPostable(ConflictError):
    """It is no movement that the books lack. 409."""

    code = "difference_not_postable"

    def __init__(self) -> None:
        super().__init__("Only a movement that is missing here can be posted. Nothing was posted.")


class NothingToPost(ConflictError):
    """The books have the movement by now, or it moves nothing. 409."""

    code = "nothing_to_post"

    def __init__(self) -> None:
        super().__init__("The books have this movement by now, or it moved nothing between these accounts. Nothing was posted.")
