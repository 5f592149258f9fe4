"""Why something cannot be given or claimed."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext, ngettext

from common.errors import ConflictError, InvalidInput, RetryLater


class GiftClosed(ConflictError):
    """It was claimed, taken back or not claimed in time. 409."""

    code = "gift_closed"


class GiftOwnedAlready(ConflictError):
    """The account has everything in it for good. 409; the gift stays unclaimed."""

    code = "gift_owned_already"

    def __init__(self, *, name: str = "") -> None:
        theirs = gettext("{name} already has this. The gift stays open: claim it for somebody else, or pass its link on.")
        yours = gettext("You already have this. The gift stays open: claim it for an organisation of yours, or pass its link on.")
        super().__init__(theirs.format(name=name) if name else yours)


class GiftNotNeeded(ConflictError):
    """The account that it was to be given to has everything in it for good. 409; nothing was given."""

    code = "gift_not_needed"
    field = "account"

    def __init__(self, *, name: str) -> None:
        super().__init__(gettext("{name} already has this. Nothing was given.").format(name=name))


class GiftNotUsable(ConflictError):
    """The product or its seller was stopped, so what it gives cannot be had now. 409; the gift stays unclaimed."""

    code = "gift_not_usable"

    def __init__(self) -> None:
        super().__init__(gettext("This product was stopped, so its gifts cannot be claimed now. The gift stays open: try again later."))


class NothingToGive(ConflictError):
    """The product has no image that can be pulled, or was stopped. 409."""

    code = "nothing_to_give"
    field = "product"

    def __init__(self) -> None:
        super().__init__(gettext("Nothing can be given of this product: it has no image, was stopped, or an image in it has ended."))


class GiftOver(InvalidInput):
    """Its end is not in the future. 422."""

    code = "gift_over"
    field = "ends_on"

    def __init__(self) -> None:
        super().__init__(gettext("Choose a day that is still to come, or leave it empty for good."))


class TooManyGifts(RetryLater):
    """The seller, or somebody for this address, has given enough for one day. 429."""

    code = "too_many_gifts"
    status = 429
    retry_after = 3600

    def __init__(self, *, most: int) -> None:
        sentence = ngettext("At most {most} gift in a day. Go on tomorrow.", "At most {most} gifts in a day. Go on tomorrow.", most)
        super().__init__(sentence.format(most=most), most=most)


class TooManyGiftsToAddress(RetryLater):
    """This address was mailed enough for one day. 429."""

    code = "too_many_gifts_to_address"
    status = 429
    retry_after = 3600
    field = "email"

    def __init__(self, *, email: str) -> None:
        sentence = gettext("{email} was sent enough gifts for one day. Try again tomorrow, or make a link and pass it on.")
        super().__init__(sentence.format(email=email))


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one line of a file; line 0 is the file as a whole."""

    line: int
    sentence: str


class InvalidFile(InvalidInput):
    """The file cannot be used as it is; nothing of it was done. 422.

    Attributes:
        faults: by line, as many as are worth reading.
    """

    code = "invalid_file"
    field = "file"

    def __init__(self, faults: Sequence[Fault]) -> None:
        sentence = ngettext("Nothing was given. See what is wrong.", "Nothing was given. See what is wrong in {count} places.", len(faults))
        super().__init__(sentence.format(count=len(faults)))
        self.faults = faults
