"""Names that nobody may take because they would pass for the shop's. Namespaces have a list of their own."""

import re
import unicodedata

RESERVED = frozenset(
    (
        *("abuse", "account", "admin", "administrator", "anonymous", "api", "billing", "contact", "docker", "help", "hostmaster"),
        *("info", "layerstore", "legal", "library", "me", "moderator", "no-reply", "noreply", "null", "official", "owner"),
        *("postmaster", "press", "registry", "root", "sales", "security", "shop", "staff", "status", "stripe", "superuser"),
        *("support", "system", "team", "undefined", "user", "webmaster", "www"),
    )
)
_SHOP = "layerstore"
_SEPARATORS = str.maketrans("", "", "._-")


def is_reserved(username: str) -> bool:
    """Whether a user name without its separators is reserved: `ad.min` is `admin`."""
    return username.lower().translate(_SEPARATORS) in _PLAIN


def speaks_for_shop(name: str) -> bool:
    """Whether a name contains the shop's name: `Läyer-Store Help`. A `Player Store` is another shop."""
    return _SPELT.search(unicodedata.normalize("NFKD", name).casefold()) is not None


def looks_like_an_address(name: str) -> bool:
    """Whether a mail program could turn part of the name into a link: `evil.example`, but not `J.P. Smith`, `Acme S.A.` or `Web 2.0`."""
    return re.search(r"\w\.[^\W\d_]{2}", unicodedata.normalize("NFKC", name).replace("。", ".")) is not None


_SPELT = re.compile(r"(?<!\bp)" + r"[\W\d_]*".join(_SHOP))
_PLAIN = frozenset(word.translate(_SEPARATORS) for word in RESERVED)
