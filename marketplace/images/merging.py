"""Merging neighbours of a list, smallest first: how a thousand layers become the few bands of a cover, or the rows of a page."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush

from marketplace.images.models import Layer


@dataclass(slots=True)
class Span:
    """Neighbours that became one.

    Attributes:
        start: where they begin.
        stop: where the next one begins.
        size: theirs together.
        face: the one among them that stands for all: at each merge that of the larger side.
    """

    start: int
    stop: int
    size: int
    face: int


def spans(sizes: Sequence[int], own: Sequence[bool], most: int) -> list[Span]:
    """Merge the two neighbours that are smallest together, the first of several, until no more than `most` are left.

    Neighbours of which one is `own` and the other not are merged only when no others are left. Time grows with n log n. To merge to fewer
    what was merged before gives the same as to merge at once.
    """
    merging = _Merging(own, [Span(n, n + 1, size, n) for n, size in enumerate(sizes)])
    while len(merging.left) > most:
        merging.step()
    return [merging.spans[start] for start in sorted(merging.left)]


def merge_layers(layers: Sequence[Layer], most: int) -> list[Layer]:
    """Merge the smallest layers of an image, base first, with their neighbours, until no more than `most` are left."""
    if len(layers) <= most:
        return list(layers)
    found = spans([layer.size for layer in layers], [position > 0 for position in range(len(layers))], most)
    return [
        Layer(layers[one.face].digest, one.size, layers[one.face].command, sum(layer.merged for layer in layers[one.start : one.stop]))
        for one in found
    ]


_Pair = tuple[bool, int, int, int]  # one is own and the other not, their size, where each begins


@dataclass(slots=True)
class _Merging:
    """A span is named by its start. A pair in the heap that was true once and is no longer is thrown away when it comes up."""

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
        """Merge one pair, unless the pair that comes up is outdated."""
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
