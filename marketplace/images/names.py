"""Names: the registry's grammar, reserved words, and names that look alike."""

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import ClassVar, Self

from django.utils.translation import gettext, gettext_noop

from marketplace.images.errors import InvalidImageName, InvalidName, InvalidNamespaceName, InvalidSlug
from marketplace.images.oci import COMPONENT, LONGEST_NAME


class Rule(StrEnum):
    """The rules that a name can break."""

    EMPTY = "empty"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    TOO_LONG_WITH_HOST = "too_long_with_host"
    SLASH = "slash"
    COLON = "colon"
    UPPER_CASE = "upper_case"
    CHARACTER = "character"
    BEGINNING_OR_END = "beginning_or_end"
    SEPARATORS = "separators"
    RESERVED = "reserved"


@dataclass(frozen=True, slots=True)
class _Name:
    """A name that follows all rules of its kind."""

    value: str

    missing: ClassVar[str] = gettext_noop("Type a name.")
    taken: ClassVar[str] = gettext_noop("{text} is reserved. Choose another name.")
    shortest: ClassVar[int] = 1
    longest: ClassVar[int]
    reserved: ClassVar[frozenset[str]] = frozenset()
    error: ClassVar[type[InvalidName]]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a name as it was typed. Nothing is corrected silently.

        Raises:
            InvalidName: the subclass of this kind, with the first rule that is broken.
        """
        for rule, broken, sentence in cls._rules(text):
            if broken:
                raise cls.error(rule=rule, sentence=sentence)
        return cls(text)

    @classmethod
    def _rules(cls, text: str) -> list[tuple[Rule, bool, str]]:
        """Every rule, in the order in which a person would correct them."""
        return [
            (Rule.EMPTY, not text, gettext(cls.missing)),
            (
                Rule.TOO_LONG,
                len(text.encode(errors="replace")) > cls.longest,
                gettext("Use at most {longest} characters.").format(longest=cls.longest),
            ),
            (Rule.SLASH, "/" in text, gettext("Leave the slash out: this is one part of the name only.")),
            (Rule.COLON, ":" in text, gettext("Leave the colon out: a tag follows it, and you choose that when you push.")),
            (
                Rule.UPPER_CASE,
                text.isascii() and text != text.lower(),
                gettext("Use lower-case letters: docker takes no capitals in names."),
            ),
            (Rule.CHARACTER, not re.fullmatch(r"[a-z0-9._-]*", text), gettext("Use only a to z, 0 to 9, and . _ - between them.")),
            (Rule.BEGINNING_OR_END, not re.fullmatch(r"[a-z0-9](.*[a-z0-9])?", text), gettext("Begin and end with a letter or a digit.")),
            (
                Rule.SEPARATORS,
                not re.fullmatch(COMPONENT, text),
                gettext("Between letters use one ., one or two _, or some -; do not mix them."),
            ),
            (Rule.TOO_SHORT, len(text) < cls.shortest, gettext("Use at least {shortest} characters.").format(shortest=cls.shortest)),
            (Rule.RESERVED, cls.is_reserved(text), gettext(cls.taken).format(text=text)),
        ]

    @classmethod
    def is_reserved(cls, text: str) -> bool:
        return text in cls.reserved

    def __str__(self) -> str:
        return self.value


# Words of the distribution API that follow the name in a path (distribution-spec, "Endpoints").
_API_WORDS = frozenset({"blobs", "manifests", "referrers", "tags", "uploads"})


class ImageName(_Name):
    """The last part of a repository: `db` in `acme/db`."""

    longest = 128
    reserved = _API_WORDS
    error = InvalidImageName


class Slug(_Name):
    """The last part of a product's address. It has the same grammar, so that a product can be named like its image."""

    missing = gettext_noop("Type an address.")
    taken = gettext_noop("{text} is reserved. Choose another address.")
    longest = 128
    error = InvalidSlug


class NamespaceName(_Name):
    """The first part of a repository and of every address of its shop: `acme` in `acme/db`."""

    shortest = 2
    longest = 40
    error = InvalidNamespaceName

    @classmethod
    def is_reserved(cls, text: str) -> bool:
        """Whether the name is a reserved word or looks like one: `adm1n` would fool as many people as `admin`."""
        return skeleton(text) in _RESERVED_SKELETONS


def repository_of(*, namespace: str, name: ImageName, host: str) -> str:
    """Join the parts as docker and the registry write them.

    Raises:
        InvalidImageName: with the host in front, it is longer than clients accept.
    """
    repository = f"{namespace}/{name.value}"
    most = LONGEST_NAME - len(host) - 1
    if len(repository) > most:
        sentence = gettext("With {host}/{namespace}/ in front, use at most {most} characters.").format(
            host=host, namespace=namespace, most=max(most - len(namespace) - 1, 0)
        )
        raise InvalidImageName(rule=Rule.TOO_LONG_WITH_HOST, sentence=sentence)
    return repository


def skeleton(name: str) -> str:
    """Reduce a name to what a hurried eye sees. Two names with the same skeleton look alike.

    Separators are dropped; l, 1 and i become one, so do o and 0, s and 5; rn becomes m, vv becomes w, doubled letters become single. The
    skeleton of a skeleton is itself. The idea is Unicode's (UTS #39, section 4, "Confusable Detection"), for the registry's alphabet only.
    """
    folded, before = re.sub(r"[vw]*w[vw]*|vv+", "w", name.translate(_LOOKS)), ""
    while folded != before:
        folded, before = re.sub(r"(rn|.)\1+", r"\1", folded), folded
    return folded.replace("rn", "m")


# m is split here and joined again at the end, so that rnn, mn and rn give the same result.
_LOOKS = str.maketrans({"1": "l", "i": "l", "0": "o", "5": "s", "m": "rn", ".": None, "_": None, "-": None})

_LIST = Path(__file__).with_name("reserved_names.txt").read_text(encoding="utf-8")
RESERVED_WORDS = frozenset(word for line in _LIST.splitlines() if not line.startswith("#") for word in line.split())
_RESERVED_SKELETONS = frozenset(skeleton(word) for word in RESERVED_WORDS)
