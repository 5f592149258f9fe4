"""Who had a layer first, in what, and what a push holds of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from accounts.organisations.models import Membership
from marketplace.images.models import Layer, LayerList, Manifest, StoredBlob
from marketplace.products.models import Price, Product
from marketplace.resale.models import ResaleFlag
from marketplace.resale.rule import MANY, considerable, taken_layers

ORIGINS = 50  # first manifests of one seller that a push is compared with
# Few rows of each layer, from the index, however many sellers have a base image.
_FIRST_SELLERS = """
SELECT asked.digest, ARRAY(SELECT owner_id FROM marketplace_storedblob blob WHERE blob.digest = asked.digest ORDER BY blob.id LIMIT %s)
  FROM unnest(%s::text[]) AS asked (digest)
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a push holds of another seller's paid image.

    Attributes:
        origin: the manifest that had the layers first.
    """

    origin: Manifest
    layers: list[Layer]

    @property
    def size(self) -> int:
        return sum(layer.size for layer in self.layers)


def find_resale(manifest: Manifest) -> list[Finding]:
    """Compare a described image manifest with what other sellers had before; one finding for each of their images, the largest.

    Two queries where no layer is another's, four more for each seller who had one first.
    """
    pushed = considerable(_layers_of([manifest.pk]).get(manifest.pk, []))
    best: dict[UUID, Finding] = {}
    for seller_id, digests in _foreign_layers(pushed, pusher=manifest.image.owner_id).items():
        foreign = digests - _excused(manifest.image.owner_id, seller_id)
        if not foreign or _belong_together(manifest.image.owner_id, seller_id):
            continue
        for finding in _compare(pushed, _origins(seller_id, foreign), foreign):
            kept = best.get(finding.origin.image_id)
            if kept is None or kept.size < finding.size:
                best[finding.origin.image_id] = finding
    return list(best.values())


def _compare(pushed: Sequence[Layer], origins: Sequence[Manifest], foreign: set[str]) -> Iterable[Finding]:
    layers = _layers_of([origin.pk for origin in origins])
    for origin in origins:
        taken = taken_layers(pushed, considerable(layers.get(origin.pk, [])), foreign=foreign)
        if taken:
            yield Finding(origin, taken)


def _layers_of(manifests: Iterable[UUID]) -> Mapping[UUID, list[Layer]]:
    return {found.pk: found.layers for found in LayerList.objects.filter(pk__in=list(manifests))}


def _foreign_layers(pushed: Sequence[Layer], *, pusher: UUID) -> dict[UUID, set[str]]:
    """Return the layers that somebody else had first and few have, by whoever had them first. One query."""
    foreign: dict[UUID, set[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_FIRST_SELLERS, [MANY + 1, [layer.digest for layer in pushed]])
        for digest, sellers in cursor.fetchall():
            others = [seller for seller in sellers if seller != pusher]
            if sellers and sellers[0] != pusher and len(others) < MANY:
                foreign.setdefault(sellers[0], set()).add(digest)
    return foreign


def _excused(pusher: UUID, seller_id: UUID) -> set[str]:
    """Return the layers that staff have let this pusher have of this seller's."""
    dismissed = ResaleFlag.objects.filter(image__owner=pusher, origin__owner=seller_id, outcome=ResaleFlag.Outcome.DISMISSED)
    return {digest for layers in dismissed.values_list("layers", flat=True) for digest in layers}


def _belong_together(one: UUID, other: UUID) -> bool:
    """Whether a person of one account belongs to the other: an organisation may sell on what its founder began."""
    either = Q(account=one, user__account=other) | Q(account=other, user__account=one)
    return Membership.objects.filter(either).exists()


def _origins(seller_id: UUID, digests: set[str]) -> list[Manifest]:
    """Return the first manifests of the seller's paid images that need one of the layers."""
    blobs = list(StoredBlob.objects.filter(owner=seller_id, digest__in=digests).values_list("pk", flat=True))
    found = Manifest.objects.filter(_paid("image"), image__owner=seller_id, kind=Manifest.Kind.IMAGE, blobs__overlap=blobs)
    return list(found.select_related("image").defer("blobs").order_by("pushed_at", "pk")[:ORIGINS])


def _paid(image: str) -> Q:
    """Select what is sold for money, or was until it was withdrawn, and is given away by no product."""
    parts = {"product_images__image": OuterRef(image)}
    price = {"product": OuterRef("pk")}
    costs = Exists(Price.objects.current().paid().filter(**price))
    free = Exists(Price.objects.current().free().filter(**price))
    sold = Product.objects.filter(costs, **parts, state__in=(Product.State.PUBLISHED, Product.State.WITHDRAWN))
    return Q(Exists(sold)) & ~Q(Exists(Product.objects.published().filter(free, **parts)))
