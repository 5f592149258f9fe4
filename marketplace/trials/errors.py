"""Why something cannot be tried."""

from django.utils.translation import gettext

from common.errors import ConflictError


class NoTrial(ConflictError):
    """The product has no trial: its seller offers none now, it costs nothing, or it cannot be bought at the moment. 409."""

    code = "no_trial"

    def __init__(self) -> None:
        super().__init__(gettext("This product has no trial now. Reload its page to see what it offers."))


class EditionNotSold(ConflictError):
    """What somebody wants to try is an edition that its product is not sold in now. 409."""

    code = "edition_not_sold"

    def __init__(self) -> None:
        super().__init__(gettext("This edition is sold no more. Reload the product’s page to see the others."))


class TrialNotNeeded(ConflictError):
    """The account has everything in it for good. 409."""

    code = "trial_not_needed"

    def __init__(self, *, name: str = "") -> None:
        theirs, yours = gettext("{name} already has this, and can pull it."), gettext("You already have this. Pull it from your library.")
        super().__init__(theirs.format(name=name) if name else yours)


class TrialUsed(ConflictError):
    """The account, the person, an address of theirs or a known payment card has had its trial of this product. 409."""

    code = "trial_used"


def used_by_person() -> TrialUsed:
    """Whoever asks has had one, for themselves or for an organisation."""
    return TrialUsed(gettext("You have tried this product before: each person has one trial of it. You can buy it."))


def used_by_organisation(name: str) -> TrialUsed:
    """Somebody has tried it for the organisation."""
    return TrialUsed(gettext("{name} has tried this product before: each organisation has one trial of it.").format(name=name))


def used_by_address() -> TrialUsed:
    """An address of theirs was another account's when that one tried it."""
    sentence = gettext("Your e-mail address was used for a trial of this product before, by another account. You can buy it.")
    return TrialUsed(sentence)


def used_by_card() -> TrialUsed:
    """A card that they have paid with belongs to somebody who has tried it."""
    sentence = gettext("A card that you have paid with before belongs to somebody who has tried this product already. You can buy it.")
    return TrialUsed(sentence)


class TrialEnded(ConflictError):
    """It has ended already. 409."""

    code = "trial_ended"

    def __init__(self) -> None:
        super().__init__(gettext("This trial has ended already. There is nothing left to end."))
