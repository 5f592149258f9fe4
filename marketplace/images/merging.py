"""Merging adjacent layers, smallest first, so that a thousand of them fit the few bands of a cover or the rows of a page."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush

from marketplace.images.models import Layer


@dataclass(slots=True)
class Span:
    """Adjacent entries of a list that were merged.

    Attributes:
        start: index of the first.
        stop: index after the last.
        size: of all together.
        face: index of the one that represents them: at each merge, that of the larger side.
    """

    start: int
    stop: int
    size: int
    face: int


def spans(sizes: Sequence[int], own: Sequence[bool], most: int) -> list[Span]:
    """Merge the two neighbours whose sum is smallest, the first pair of equal ones, until no more than `most` spans are left.

    Neighbours of which only one is `own` are merged only when no other pairs are left. Takes O(n log n). Merging in two steps gives the
    same result as merging in one.
    """
    merging = _Merging(own, [Span(n, n + 1, size, n) for n, size in enumerate(sizes)])
    while len(merging.left) > most:
        merging.step()
    return [merging.spans[start] for start in sorted(merging.left)]


def merge_layers(layers: Sequence[Layer], most: int) -> list[Layer]:
    """Merge the smallest layers of an image with their neighbours until no more than `most` are left; base first, as given."""
    if len(layers) <= most:
        return list(layers)
    found = spans([layer.size for layer in layers], [position > 0 for position in range(len(layers))], most)
    return [
        Layer(layers[one.face].digest, one.size, layers[one.face].command, sum(layer.merged for layer in layers[one.start : one.stop]))
        for one in found
    ]


_Pair = tuple[bool, int, int, int]  # whether only one of them is own, their size together, where each begins


@dataclass(slots=True)
class _Merging:
    """A span is identified by its start. A pair in the heap that is outdated is dropped when it is popped."""

    own: Sequence[bool]
    spans: list[Span]
    left: set[int] = field(init=False)
    before: list[int] = field(init=False)
    heap: list[_Pair] = field(init=False)

    def __post_init__(self) -> None:
        self.left = set(range(len(self.spans)))
        self.before = [n - 1 for n in range(len(self.spans))]
        self.heap = [self._pair(n, n + 1) for n in range(len(self.spans) - 1)]
        heapify(self.heap)

    def step(self) -> None:
        """Merge one pair, unless the popped pair is outdated."""
        pair = heappop(self.heap)
        first, second = pair[2:]
        if first not in self.left or second not in self.left or self.spans[first].stop != second or pair != self._pair(first, second):
            return
        one, other = self.spans[first], self.spans[second]
        self.spans[first] = Span(one.start, other.stop, one.size + other.size, one.face if one.size >= other.size else other.face)
        self.left.remove(second)
        after = other.stop
        if after < len(self.spans):
            self.before[after] = first
            heappush(self.heap, self._pair(first, after))
        if self.before[first] >= 0:
            heappush(self.heap, self._pair(self.before[first], first))

    def _pair(self, first: int, second: int) -> _Pair:
        one, other = self.spans[first], self.spans[second]
        return self.own[one.face] != self.own[other.face], one.size + other.size, first, second
