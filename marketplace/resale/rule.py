"""What counts as a resale. This is the whole rule; who had a layer first and which images are paid is looked up in `selectors`.

1. Layers below `SMALLEST` bytes say nothing: an empty directory is the same layer for everybody.
2. A layer is **foreign** to a push if another seller had it first, in an image that is paid, and fewer than `MANY` sellers besides the
   pusher have it. What more have is a base image, whoever was first.
3. Two images that begin with the same layers have a common base, as far as anybody can tell. So foreign layers count only **beyond the
   common beginning** of the push and the origin, unless that beginning is the whole origin: then the push is built on what the other sells.
4. What counts must be at least a `SHARE` of what the origin has beyond the common beginning, so that one file that both copied from the
   same place raises no flag. It is measured on the origin: stuffing a push with more layers hides nothing.
"""

from collections.abc import Collection, Sequence
from itertools import takewhile
from typing import Final

from marketplace.images.models import Layer

SMALLEST: Final = 1_000  # bytes, compressed
MANY: Final = 3  # sellers
SHARE: Final = 0.1


def considerable(layers: Sequence[Layer]) -> list[Layer]:
    """Return the layers that say something, base first."""
    return [layer for layer in layers if layer.size >= SMALLEST]


def taken_layers(pushed: Sequence[Layer], origin: Sequence[Layer], *, foreign: Collection[str]) -> list[Layer]:
    """Return the layers of the origin for which the push is to be flagged; none if it is not. Points 3 and 4 of the rule.

    Args:
        pushed, origin: considerable layers, base first.
        foreign: digests of those of the push that are foreign to it.
    """
    common = len(list(takewhile(lambda pair: pair[0].digest == pair[1].digest, zip(pushed, origin, strict=False))))
    both = [layer for layer in origin if layer.digest in foreign]
    if common == len(origin):
        return both
    beyond = [layer for layer in origin[common:] if layer.digest in foreign]
    enough = SHARE * sum(layer.size for layer in origin[common:])
    return both if beyond and sum(layer.size for layer in beyond) >= enough else []
