"""Two rules for what people type: one for names that others read, one for e-mail addresses. Every form and the API follow them."""

import unicodedata
from typing import Final

from django.core.exceptions import ValidationError

LONGEST_ADDRESS: Final = 254  # RFC 5321, erratum 1690
# Printable to Unicode, and nothing to the eye: the fillers of Hangul and the pattern of Braille without a dot.
_BLANK: Final = frozenset("\u115f\u1160\u3164\uffa0\u2800")
_SEEN: Final = frozenset("LNPS")  # letters, numbers, punctuation, symbols; marks alone are not seen
UNREADABLE: Final = "Use letters, digits and signs that can be seen: hidden characters are not for names."
NOT_PLAIN: Final = "Use the address's plain form: letters a to z, and a domain that begins with xn-- for others."


def normal_name(text: str) -> str:
    """Return a name as it is kept: composed (NFC), each white space a plain space, none at its ends."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(" " if unicodedata.category(letter) == "Zs" else letter for letter in composed).strip()


def validate_name(name: str) -> None:
    """Refuse a name that nobody could read as it is: without anything visible, or with controls, directions and hidden characters.

    Raises:
        ValidationError: it is one of these.
    """
    seen = any(unicodedata.category(letter)[0] in _SEEN for letter in name if letter not in _BLANK)
    if not seen or not name.isprintable():
        raise ValidationError(UNREADABLE, code="unreadable")


def normal_address(address: str) -> str:
    """Return an e-mail address in lower case, as it is kept and compared.

    A letter beyond ASCII may pass Django's check for a to z (`ſ`, `İ`), and becomes another one, or two, when it becomes small.

    Raises:
        ValidationError: it has such letters, or is too long.
    """
    if not address.isascii() or len(address) > LONGEST_ADDRESS:
        raise ValidationError(NOT_PLAIN, code="not_plain")
    return address.lower()
