"""How the guard against resold layers judges the demo's images: what it compared, what it flagged, and what of that is wrong."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from marketplace.images.models import LayerList, Manifest, UncheckedLayers
from marketplace.resale.models import ResaleFlag
from marketplace.resale.rule import considerable
from marketplace.resale.services import check_layers, has_unchecked_layers


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of it.

    Attributes:
        compared: image manifests.
        sharing: of these, how many have a layer that another seller has as well.
        flagged: names of images that were flagged.
        false: those of them that nobody copied.
    """

    compared: int
    sharing: int
    flagged: tuple[str, ...]
    false: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"{self.compared} image manifests compared, {self.sharing} of them with layers that other sellers have too; "
            f"{len(self.flagged)} flagged ({', '.join(self.flagged) or 'none'}), {len(self.false)} of them wrongly"
        )


def judge(copies: Iterable[str]) -> Judged:
    """Compare all images of the shop anew, now that everything is on sale, and say what was flagged.

    Args:
        copies: repositories whose layers are another seller's.
    """
    images = Manifest.objects.filter(kind=Manifest.Kind.IMAGE, described_at__isnull=False)
    owners = dict(images.order_by().values_list("pk", "image__owner"))
    UncheckedLayers.objects.bulk_create((UncheckedLayers(manifest_id=pk) for pk in owners), ignore_conflicts=True)
    while has_unchecked_layers():
        check_layers()
    flagged = sorted(set(ResaleFlag.objects.values_list("image__repository", flat=True)))
    false = tuple(name for name in flagged if name not in set(copies))
    return Judged(len(owners), _sharing(owners), tuple(flagged), false)


def _sharing(owners: dict[UUID, UUID]) -> int:
    sellers: defaultdict[str, set[UUID]] = defaultdict(set)
    layers = {found.pk: [layer.digest for layer in considerable(found.layers)] for found in LayerList.objects.filter(pk__in=owners)}
    for pk, digests in layers.items():
        for digest in digests:
            sellers[digest].add(owners[pk])
    return sum(any(len(sellers[digest]) > 1 for digest in digests) for digests in layers.values())
