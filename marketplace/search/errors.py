"""What can go wrong with synonyms."""

from common.errors import InvalidInput


class InvalidSynonym(InvalidInput):
    """Words that cannot mean the same. 422."""

    code = "invalid_synonym"
    field = "words"

    def __init__(self) -> None:
        super().__init__("Give two to ten words of small letters and digits, separated by commas or spaces.")
