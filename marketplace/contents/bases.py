"""Whether one image is built on another: by the digests of their compressed layers. Pure: knows no Django's tables.

The registry checks these digests, so nobody can claim another's layers without having them. What a configuration says of its base, in
labels or in `diff_ids`, is checked by nobody and does not count.
"""

import hashlib
from collections.abc import Iterable, Sequence

from marketplace.images.models import Layer


def chains(digests: Iterable[str]) -> list[str]:
    """Return for each layer, base first, what stands for it with all layers below it: equal only if all of these are equal."""
    found, below = [], b""
    for digest in digests:
        below = hashlib.sha256(below + digest.encode() + b"\n").digest()
        found.append(below.hex())
    return found


def chains_below(layers: Sequence[Layer]) -> list[str]:
    """Return the chains of what an image may be built on: of all its layers but the last; none if some of them were merged into one row."""
    if any(layer.merged > 1 for layer in layers):
        return []
    return chains(layer.digest for layer in layers)[:-1]
