"""What a page shows of an image's configuration (OCI image-spec, "Image Configuration"). Pure: knows no Django.

It was written by a stranger. Of each list the first entries are kept, of each text the beginning, and of all together no more than a page
has room for; what was left out is counted.
"""

from typing import Final

from msgspec import Struct

MOST_ENTRIES: Final = 64  # of each list
LONGEST_NAME: Final = 120
LONGEST_VALUE: Final = 240
MOST_CHARACTERS: Final = 16_000  # of all texts together
_ROOT: Final = frozenset(("", "0", "root"))
_UNSEEN: Final = "\N{REPLACEMENT CHARACTER}"


class Entry(Struct, frozen=True):
    """A label, or an environment variable with its default.

    Attributes:
        hidden: the value looks like a secret, and was not kept.
    """

    name: str
    value: str = ""
    hidden: bool = False


class ImageFacts(Struct, frozen=True):
    """How a container of the image starts, and what it says of itself.

    Attributes:
        entrypoint, command: arguments, as `docker run` joins them.
        user: as the configuration has it: a name or a number, with a group or without; empty means root.
        ports: with their protocol, `8080/tcp`.
        left_out: how many entries of each list are not shown.
    """

    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    user: str = ""
    working_directory: str = ""
    ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    environment: tuple[Entry, ...] = ()
    labels: tuple[Entry, ...] = ()
    left_out: dict[str, int] = {}

    @property
    def runs_as_root(self) -> bool:
        return self.user.partition(":")[0] in _ROOT


class Evidence(Struct, frozen=True):
    """What an artefact holds, as its media types say. Nothing of it was verified.

    Attributes:
        kind: `signature`, `sbom`, `provenance`, `attestation`, or `artefact` for anything else.
        form: of which kind, in words: `cosign signature`, `SPDX`; a media type where no word is known.
    """

    kind: str
    form: str


def readable(text: str, longest: int) -> str:
    """Return the beginning of a text in letters that can be stored and seen: none that hides, or turns the direction of writing."""
    return "".join(letter if letter.isprintable() else _replacement(letter) for letter in text[:longest])


def _replacement(letter: str) -> str:
    return " " if letter.isspace() else _UNSEEN
