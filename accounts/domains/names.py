"""Which domains can be shown to be somebody's: names of the public DNS, in ASCII."""

import re
from typing import Final

from django.utils.translation import gettext

from accounts.domains.errors import InvalidDomain

LONGEST: Final = 253
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"  # RFC 1123, section 2.1
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+(?:[a-z]{{2,63}}|xn--[a-z0-9-]{{2,59}})")
# Special-use names (RFC 6761, RFC 6762, RFC 7686, RFC 8375) and what is used inside networks: nobody owns them.
_NOBODYS: Final = frozenset({"alt", "arpa", "corp", "example", "home", "internal", "invalid", "lan", "local", "localhost", "onion", "test"})


def parse_domain(text: str) -> str:
    """Read a domain as people type or paste it; return it in lower case, without a dot at its end.

    Raises:
        InvalidDomain: it is none, or one that nobody can own; says what to type.
    """
    domain = re.sub(r"^https?://", "", text.strip().lower()).rstrip("/").removesuffix(".")
    if not domain.isascii():
        sentence = gettext("Type the domain in its ASCII form, which begins with xn--.")
        raise InvalidDomain(sentence)
    if len(domain) > LONGEST or not _DOMAIN.fullmatch(domain):
        sentence = gettext("Type a domain alone, like shop.acme.com: no path, no port, no address of numbers.")
        raise InvalidDomain(sentence)
    if domain.rpartition(".")[2] in _NOBODYS:
        sentence = gettext("Nobody can own this domain. Type the one of your company or project.")
        raise InvalidDomain(sentence)
    return domain
