"""What can go wrong with reviews."""

from django.utils.translation import gettext, ngettext

from common.errors import AccessDenied, ConflictError


class NotBought(AccessDenied):
    """Only somebody who bought the product, or got it for free, reviews it. 403."""

    code = "not_bought"

    def __init__(self) -> None:
        super().__init__(gettext("Only buyers review a product: buy it, or get it if it is free, and write then."))


class OwnReview(ConflictError):
    """Sellers, and those who belong to a selling organisation, do not review what it sells. 409."""

    code = "own_review"

    def __init__(self) -> None:
        super().__init__(gettext("This is your own product. You can answer the reviews that its buyers write."))


class ReviewEditedTooOften(ConflictError):
    """A review keeps all its former versions, so there is an end of them. 409."""

    code = "review_edited_too_often"

    def __init__(self, *, most: int) -> None:
        message = ngettext(
            "A review can be edited {most} time, and this one was. It stays as it is.",
            "A review can be edited {most} times, and this one was. It stays as it is.",
            most,
        )
        super().__init__(message.format(most=most), most=most)


class ReviewAlreadyHidden(ConflictError):
    """There is nothing to hide. 409."""

    code = "review_already_hidden"

    def __init__(self) -> None:
        super().__init__(gettext("This review is hidden already."))


class ReviewNotHidden(ConflictError):
    """There is nothing to show again. 409."""

    code = "review_not_hidden"

    def __init__(self) -> None:
        super().__init__(gettext("This review is not hidden."))
