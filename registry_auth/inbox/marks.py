"""The mark of an event: 63 bits of a hash of its id, by which consumers of the stream recognise a repetition."""

from array import array
from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

LARGEST: Final = 2**63 - 1
_BYTES = 8


def mark_of(event_id: str) -> int:
    """Return the same number for the same id in every process, from 1 to `LARGEST`.

    Two ids of ten million share one with a probability of 5 in a million.
    """
    return int.from_bytes(blake2b(event_id.encode(), digest_size=_BYTES).digest(), "little") & LARGEST or 1


def pack(marks: Iterable[int]) -> bytes:
    """Return the marks as eight bytes each."""
    return array("q", marks).tobytes()


def unpack(packed: bytes | memoryview) -> "array[int]":
    """Read what `pack` wrote."""
    marks = array("q")
    marks.frombytes(packed)
    return marks
