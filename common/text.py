"""How sizes are written, and how typed names and e-mail addresses are normalised and validated, in every form and in the API."""

import unicodedata
from typing import Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext, gettext_noop

from common.languages import separated

LONGEST_EMAIL: Final = 254  # RFC 5321, erratum 1690
# Unicode calls them printable, and nobody sees them: the Hangul fillers and the Braille pattern without dots.
_BLANK: Final = frozenset("\u115f\u1160\u3164\uffa0\u2800")
_SEEN: Final = frozenset("LNPS")  # letters, numbers, punctuation, symbols; marks alone are not seen
MEGABYTE: Final = 10**6
_THOUSAND, _UNITS = 1000, ("kB", "MB", "GB", "TB")
_ROUNDS_UP = 999.95  # to 1000.0 of its unit
UNREADABLE: Final = gettext_noop("Use letters, digits and signs that can be seen: hidden characters are not for names.")
NOT_PLAIN: Final = gettext_noop("Use the address's plain form: letters a to z, and a domain that begins with xn-- for others.")


def readable_size(count: int) -> str:
    """Return bytes with a decimal unit, as docker writes them: `137.6 MB`, in German `137,6 MB`."""
    if count < _THOUSAND:
        return f"{count} B"
    value, units = count / _THOUSAND, list(_UNITS)
    while value >= _ROUNDS_UP and len(units) > 1:
        value, units = value / _THOUSAND, units[1:]
    return f"{separated(f'{value:.1f}')} {units[0]}"


def normal_name(text: str) -> str:
    """Return a name as it is stored: composed (NFC), with plain spaces for all white space and none at its ends."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(" " if unicodedata.category(letter) == "Zs" else letter for letter in composed).strip()


def validate_name(name: str) -> None:
    """Refuse a name that is not what it looks like: nothing visible, or control, direction and hidden characters.

    Raises:
        ValidationError: it is one of these.
    """
    seen = any(unicodedata.category(letter)[0] in _SEEN for letter in name if letter not in _BLANK)
    if not seen or not name.isprintable():
        raise ValidationError(gettext(UNREADABLE), code="unreadable")


def normal_email(address: str) -> str:
    """Return an e-mail address in lower case, as it is stored and compared.

    Some letters beyond ASCII pass Django's check for a to z (`ſ`, `İ`), and lower-casing turns them into another letter, or into two.

    Raises:
        ValidationError: it has such letters, or is too long.
    """
    if not address.isascii() or len(address) > LONGEST_EMAIL:
        raise ValidationError(gettext(NOT_PLAIN), code="not_plain")
    return address.lower()
