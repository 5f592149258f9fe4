"""Which tags name a version, and which of two versions is higher. Pure: knows no Django.

A version is numbers with dots, as in semantic and calendar versioning: `2.0`, `v1.2`, `2024.10`, `16`. A suffix says which variant of
the version it is (`2.0-alpine`), or that it is a pre-release (`2.0-rc1`, `2.0.0b2`), which does not count as a version. Nor does a bare
number of more than four digits: it is a date or a build.
"""

import re
from typing import Final

KEY_LENGTH: Final = 80
_VERSION = re.compile(r"v?(?P<numbers>[0-9]{1,10}(?:\.[0-9]{1,10}){0,5})(?P<rest>(?:[-_].*)?)", re.ASCII | re.IGNORECASE)
_BEFORE = re.compile(
    r"(?:^|[-_.])(?:alpha|beta|rc|pre|preview|prerelease|dev|devel|snapshot|nightly|canary|next|edge|unstable|test|testing|ea|milestone|m(?=[0-9]))"
    r"[-_.]?[0-9]*(?=$|[-_.])",
    re.ASCII | re.IGNORECASE,
)
_LONGEST_BARE = 4  # digits: years are, dates and build numbers are not


def version_key(tag: str) -> str:
    """Return a text that sorts, byte by byte, as the numbers of the version do; an empty text for what is no version.

    A version without a suffix is higher than the same one with a suffix. `2.0.1` is higher than `2.0` and `2`, for it says more.
    """
    match = _VERSION.fullmatch(tag)
    if match is None or _BEFORE.search(match["rest"]):
        return ""
    numbers = match["numbers"].split(".")
    if len(numbers) == 1 and len(numbers[0]) > _LONGEST_BARE:
        return ""
    suffix = "0" if match["rest"] else "1"
    return f"{'.'.join(number.zfill(10) for number in numbers)}-{suffix}"
