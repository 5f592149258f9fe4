"""Which manifest a tag pointed at since when, and what grew each time."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, groupby, islice
from typing import Final
from uuid import UUID

from marketplace.images.models import Image, Layer, LayerList, Manifest, TagMove
from marketplace.images.oci import SIGNATURE_PREFIX

LISTED: Final = 12  # newest steps of one image
LOOKED_AT: Final = 50  # newest moves, among which those of signatures are passed over
_NAMED: Final = 3  # new layers of each, the largest


@dataclass(frozen=True, slots=True)
class Change:
    """What a manifest has more and less than the one that its tag pointed at before.

    Attributes:
        grew: bytes that a pull transfers more; negative if it shrank.
        kept: layers that both have.
        added: how many layers are new, and the largest of them.
        removed: how many are gone.
    """

    grew: int
    kept: int
    added: int
    removed: int
    largest: tuple[Layer, ...]

    @property
    def shrank(self) -> int:
        """Bytes that a pull transfers less."""
        return -self.grew


@dataclass(frozen=True, slots=True)
class Move:
    """A tag began to point at a manifest, or was removed.

    Attributes:
        digest: empty for a removal.
        size: bytes that a pull of it transfers; None if the manifest is gone or was not read yet.
        change: None for a new tag, and where one of both manifests is gone or was not read yet.
    """

    tag: str
    at: datetime
    digest: str
    previous: str
    size: int | None
    change: Change | None


@dataclass(frozen=True, slots=True)
class Step:
    """Moves that follow each other to one digest, or away from one: a push under several tags is one step.

    Attributes:
        moves: the newest first.
    """

    moves: tuple[Move, ...]

    @property
    def newest(self) -> Move:
        return self.moves[0]

    @property
    def tags(self) -> list[str]:
        return [move.tag for move in self.moves]

    @property
    def left(self) -> list[Move]:
        """One move for each digest that the tags pointed at before; none if all are new."""
        return list({move.previous: move for move in self.moves if move.previous}.values())


def steps_of(moves: Iterable[Move]) -> list[Step]:
    """Put moves together that follow each other to the same digest, or away from it."""
    return [Step(tuple(beside)) for _, beside in groupby(moves, key=lambda move: (move.digest, move.digest or move.previous))]


def history_of(image: Image) -> list[Move]:
    """List the newest moves of an image's tags, as many as make `LISTED` steps, the newest first. Five queries, however many there were."""
    newest = TagMove.objects.filter(image=image).order_by("-at").values_list("pk", flat=True)[:LOOKED_AT]
    found = TagMove.objects.filter(pk__in=list(newest)).exclude(tag__startswith=SIGNATURE_PREFIX)
    beside = groupby(found, key=lambda move: (move.new_digest, move.new_digest or move.old_digest))
    moves = list(chain.from_iterable(list(same) for _, same in islice(beside, LISTED)))
    known = _manifests(image, {digest for move in moves for digest in (move.new_digest, move.old_digest)} - {""})
    # An index has no layers of its own: its first image stands for it.
    first = _manifests(image, {digest for manifest in known.values() for digest in manifest.children[:1]})
    leading = {digest: first.get(manifest.children[0], manifest) if manifest.children else manifest for digest, manifest in known.items()}
    layers = {found.manifest_id: found.layers for found in LayerList.objects.filter(manifest__in=[one.pk for one in leading.values()])}
    return [_move(move, known, leading, layers) for move in moves]


def _manifests(image: Image, digests: Iterable[str]) -> dict[str, Manifest]:
    found = Manifest.objects.filter(image=image, digest__in=list(digests), described_at__isnull=False)
    return {manifest.digest: manifest for manifest in found.defer("blobs")}


def _move(move: TagMove, known: Mapping[str, Manifest], leading: Mapping[str, Manifest], layers: Mapping[UUID, Sequence[Layer]]) -> Move:
    now, before = known.get(move.new_digest), known.get(move.old_digest)
    change = None
    if now is not None and before is not None:
        of = [layers.get(leading[manifest.digest].pk, ()) for manifest in (now, before)]
        change = _change(now.size - before.size, *of)
    return Move(move.tag, move.at, move.new_digest, move.old_digest, now.size if now else None, change)


def _change(grew: int, now: Sequence[Layer], before: Sequence[Layer]) -> Change:
    had, has = Counter(layer.digest for layer in before), Counter(layer.digest for layer in now)
    kept = (had & has).total()
    added = {layer.digest: layer for layer in now if layer.digest not in had}
    largest = sorted(added.values(), key=lambda layer: layer.size, reverse=True)[:_NAMED]
    return Change(grew, kept, len(now) - kept, len(before) - kept, tuple(largest))
