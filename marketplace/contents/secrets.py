"""Which values of an image's configuration look like secrets, so that no page repeats them. Pure: knows no Django.

An image gives away whatever is in it to everybody who pulls it: hiding a value here makes it no secret again, and its seller is told.
A value looks like a secret by the name it stands under, or by its own form. Digests and fingerprints are none, however random they look:
official images are full of them.
"""

import math
import re
from collections import Counter
from itertools import pairwise
from typing import Final

HIDDEN: Final = "[hidden]"
LONGEST_READ: Final = 4_000  # characters of a value or a line
_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_SECRET_WORDS: Final = frozenset(
    ["password", "passwd", "passphrase", "pwd", "pass", "pw", "secret", "secrets", "token", "credential", "credentials", "apikey"]
)
_SECRET_ENDS: Final = ("password", "passwd", "passphrase", "secret", "token")  # of words that somebody joined
_SECRET_KEYS: Final = frozenset(
    ["access", "api", "auth", "encryption", "license", "master", "private", "secret", "shared", "signing"]
)  # in front of KEY
# What is said about a secret, and is none itself: where it lies, how long it lasts, what it is called.
_ABOUT: Final = frozenset(
    [
        "age",
        "algo",
        "algorithm",
        "count",
        "days",
        "dir",
        "directory",
        "enabled",
        "endpoint",
        "expiration",
        "expires",
        "expiry",
        "file",
        "files",
        "format",
        "header",
        "hint",
        "host",
        "id",
        "issuer",
        "length",
        "lifetime",
        "max",
        "method",
        "min",
        "minutes",
        "mode",
        "name",
        "names",
        "path",
        "policy",
        "prefix",
        "realm",
        "required",
        "seconds",
        "size",
        "stdin",
        "store",
        "timeout",
        "ttl",
        "type",
        "uri",
        "url",
        "user",
        "version",
    ]
)
_PLAIN: Final = frozenset(["", *["0", "1", "true", "false", "yes", "no", "on", "off", "none", "null", "disabled", "enabled"]])
# The prefixes that issuers give their credentials so that they can be found; the last one is ours.
_ISSUED: Final = re.compile(
    r"AKIA[0-9A-Z]{16}|ASIA[0-9A-Z]{16}|AIza[0-9A-Za-z_-]{35}|gh[oprsu]_[0-9A-Za-z]{30,}|github_pat_[0-9A-Za-z_]{40,}"
    r"|gl(?:pat|dt|rt)-[0-9A-Za-z_-]{20,}|xox[abeoprs]-[0-9A-Za-z-]{10,}|[rs]k_(?:live|test)_[0-9A-Za-z]{16,}|whsec_[0-9A-Za-z]{16,}"
    r"|sk-[0-9A-Za-z_-]{20,}|npm_[0-9A-Za-z]{30,}|pypi-[0-9A-Za-z_-]{40,}|dckr_pat_[0-9A-Za-z_-]{20,}|hvs\.[0-9A-Za-z_-]{20,}"
    r"|SG\.[0-9A-Za-z_-]{16,}\.[0-9A-Za-z_-]{16,}|eyJ[0-9A-Za-z_-]{10,}\.eyJ[0-9A-Za-z_-]{10,}\.[0-9A-Za-z_-]*"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY|ls[prs]_[0-9A-Za-z_]{40,}"
)
_BEARER: Final = re.compile(r"\b(Bearer|Basic)\s+[0-9A-Za-z._~+/-]{16,}=*", re.ASCII | re.IGNORECASE)
_PASSWORD_IN_URL: Final = re.compile(r"[a-z][a-z0-9+.-]{0,30}://[^\s/@:]*:(?![$<{*])[^\s/@]{1,200}@", re.ASCII | re.IGNORECASE)
_RANDOM: Final = re.compile(r"[0-9A-Za-z+/_-]{32,200}={0,2}", re.ASCII)
_HEXADECIMAL: Final = re.compile(r"[0-9a-fA-F]+", re.ASCII)
_RANDOM_BITS: Final = 4.4  # a character: random base64 of 40 characters has 4.6 to 5.1, words joined by dashes and paths have less than 4.2
_VALUE: Final = r"(?P<value>\"[^\"]*\"|'[^']*'|[^\s\"';&|]+)"
_ASSIGNED: Final = re.compile(rf"(?P<name>[A-Za-z_-][\w.-]{{0,60}})(?P<sign>=){_VALUE}", re.ASCII)
_OPTION: Final = re.compile(rf"(?P<name>--?[A-Za-z][\w-]{{0,60}})(?P<sign>\s+){_VALUE}", re.ASCII)


def looks_secret(name: str, value: str) -> bool:
    """Whether a value is hidden: its name says that it is a secret, or it looks like one itself."""
    return (_is_named_secret(name) and _could_be_secret(value)) or _has_secret_form(value[:LONGEST_READ])


def hide_secrets(line: str) -> str:
    """Return a command line with `[hidden]` for what looks like a secret: in `NAME=…`, `--password …`, an address, a header."""
    line = _OPTION.sub(_hidden_value, _ASSIGNED.sub(_hidden_value, line[:LONGEST_READ]))
    line = _PASSWORD_IN_URL.sub(lambda match: f"{match[0].partition('://')[0]}://{HIDDEN}@", line)
    line = _BEARER.sub(rf"\1 {HIDDEN}", line)
    return _ISSUED.sub(HIDDEN, line)


def _hidden_value(match: re.Match[str]) -> str:
    value = match["value"].strip("\"'")
    secret = (_is_named_secret(match["name"]) and _could_be_secret(value)) or _looks_random(value)
    return f"{match['name']}{match['sign']}{HIDDEN}" if secret else match[0]


def _is_named_secret(name: str) -> bool:
    words = [word.lower() for word in _WORDS.findall(name)]
    if not words or words[-1] in _ABOUT:
        return False
    named_key = any(word in _SECRET_KEYS and following == "key" for word, following in pairwise(words))
    return named_key or any(word in _SECRET_WORDS or word.endswith(_SECRET_ENDS) for word in words)


def _could_be_secret(value: str) -> bool:
    """Whether a value under such a name is one: not a switch, not a path, not the name of another variable."""
    return value.strip().lower() not in _PLAIN and not value.startswith(("/", "$", "%"))


def _has_secret_form(value: str) -> bool:
    return bool(_ISSUED.search(value) or _PASSWORD_IN_URL.search(value) or _BEARER.search(value)) or _looks_random(value)


def _looks_random(value: str) -> bool:
    if not _RANDOM.fullmatch(value) or _HEXADECIMAL.fullmatch(value) or value.startswith("/"):
        return False
    mixed = any(letter.isupper() for letter in value) and any(letter.islower() for letter in value) and any(map(str.isdigit, value))
    return mixed and _bits(value) >= _RANDOM_BITS


def _bits(text: str) -> float:
    """Return Shannon's entropy of the letters, in bits a letter."""
    return -sum(count / len(text) * math.log2(count / len(text)) for count in Counter(text).values())
