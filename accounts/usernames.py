"""Which user names nobody may take: those that would speak for the shop. Namespaces have a list of their own."""

RESERVED = frozenset(
    (
        *("abuse", "account", "admin", "administrator", "anonymous", "api", "billing", "contact", "docker", "help", "hostmaster"),
        *("info", "layerstore", "legal", "library", "me", "moderator", "no-reply", "noreply", "null", "official", "owner"),
        *("postmaster", "press", "registry", "root", "sales", "security", "shop", "staff", "status", "stripe", "superuser"),
        *("support", "system", "team", "undefined", "user", "webmaster", "www"),
    )
)
_SEPARATORS = str.maketrans("", "", "._-")


def is_reserved(username: str) -> bool:
    """Whether a user name, read without separators, is one of ours: `ad.min` is `admin`."""
    return username.lower().translate(_SEPARATORS) in _PLAIN


_PLAIN = frozenset(word.translate(_SEPARATORS) for word in RESERVED)
