"""What can go wrong with synonyms."""

from django.utils.translation import gettext

from common.errors import InvalidInput


class InvalidSynonym(InvalidInput):
    """Words that cannot mean the same. 422."""

    code = "invalid_synonym"
    field = "words"

    def __init__(self) -> None:
        super().__init__(gettext("Give two to ten words of small letters and digits, separated by commas or spaces."))
