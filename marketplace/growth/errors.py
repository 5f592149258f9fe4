"""Why an image does not reach earlier buyers."""

from django.utils.translation import gettext

from common.errors import ConflictError


class NobodyToReach(ConflictError):
    """The image is not in the product any more, was taken down, or everybody who has the product has it. 409."""

    code = "nobody_to_reach"

    def __init__(self, *, repository: str) -> None:
        super().__init__(gettext("Nobody who has this product lacks {name}.").format(name=repository))


class ReachingAlready(ConflictError):
    """It was asked for and goes on. 409."""

    code = "reaching_already"

    def __init__(self, *, repository: str) -> None:
        super().__init__(gettext("{name} is being given to earlier buyers already.").format(name=repository))


class NotPublished(ConflictError):
    """Only what is for sale grows. 409."""

    code = "growth_of_unpublished"

    def __init__(self) -> None:
        super().__init__(gettext("Publish the product first: only what is for sale grows."))
