"""Reading the manifests that events only named. What is due: manifests without `described_at`.

Each row takes one request or two, so a run can stop after any of them. An index waits until each manifest that it names has been
described or tried once. Sellers take turns: one who pushed a thousand manifests delays another's by a single one.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from time import monotonic
from uuid import UUID

from django.db.models import QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from common.db.claims import Backoff, claim_due, put_back
from common.db.locking import locked_transaction
from marketplace.contents.services import Contents, record_contents
from marketplace.images.models import Manifest
from marketplace.images.oci import INDEX_TYPES
from marketplace.images.selectors.storage import known_blobs
from marketplace.images.services.manifests import ManifestDescription, describe_manifest, record_children, remove_manifest
from marketplace.images.services.unreadable_manifests import record_unreadable_manifest
from registry_auth.client.artefacts import attestations_of, evidence_of, subject_of
from registry_auth.client.configurations import ConfigurationReader
from registry_auth.client.documents import Document
from registry_auth.client.errors import ChildrenUnreadable, RegistryRefused
from registry_auth.client.manifests import children_of, config_digest, describe_image, describe_index, parts_of, read_document
from registry_auth.client.registry import RegistryClient
from registry_auth.upkeep.runs import RegistryRun, look_for_registry
from registry_auth.upkeep.sizes import ask_sizes

logger = logging.getLogger(__name__)
AT_ONCE = 20  # claimed together
LONGEST_RUN = timedelta(minutes=1)
SHARE = timedelta(seconds=20)  # of a run for the manifests of one seller: if the registry hangs on them, the others still get their turn
PATIENCE = Backoff(first=timedelta(seconds=10), longest=timedelta(hours=6), most=12)  # half a day
MOST_SIZES = 500  # asked for in one description; docker itself runs no image of more than 125 layers
_BUSY = timedelta(seconds=5)
_IMAGES_FIRST = "kind"  # artifact, image, index


def describe_waiting_manifests(*, registry: RegistryClient) -> int:
    """Describe manifests that are known only from events, for a minute at most. Return how many were tried.

    One that is gone from the registry is forgotten. One that the registry refuses to return is described as an artefact, so that it is not
    requested again and again. One that fails otherwise is put off, given up after half a day, and stops no other.

    Raises:
        RegistryAway: it takes no connection, or fails in the same way for several sellers; the next run continues.
    """
    tried, run = 0, _Run(registry)
    while rows := _claim(without=run.sellers_done()):
        tried += run.describe(rows)
        if run.is_over():
            break
    if not tried:
        look_for_registry(registry)
    return tried


def has_due_manifests() -> bool:
    """Whether a manifest could be described now."""
    return _due().exists()


def _due() -> QuerySet[Manifest]:
    waiting = {"described_at__isnull": True, "given_up_at__isnull": True, "removal_asked_at__isnull": True}
    return Manifest.objects.filter(due_at__lte=timezone.now(), **waiting)


def _claim(*, without: Iterable[UUID]) -> list[Manifest]:
    """Claim one due manifest of each seller, then a second one, until there are enough; images before the indexes that name them."""
    turn = Window(RowNumber(), partition_by="image__owner", order_by=("attempts", _IMAGES_FIRST, "due_at", "pk"))
    due = _due().exclude(image__owner__in=list(without))
    fair = list(due.annotate(turn=turn).order_by("turn", "due_at").values_list("pk", flat=True)[:AT_ONCE])
    chosen = Manifest.objects.filter(pk__in=fair, described_at__isnull=True).select_related("image").order_by("pk")
    return sorted(claim_due(chosen, backoff=PATIENCE, most=AT_ONCE), key=lambda manifest: fair.index(manifest.pk))


class _Run(RegistryRun):
    """One run, and how much of each seller's share it has used."""

    def __init__(self, registry: RegistryClient) -> None:
        super().__init__(longest=LONGEST_RUN)
        self._registry = registry
        self._seconds: defaultdict[UUID, float] = defaultdict(float)

    def sellers_done(self) -> list[UUID]:
        return [seller for seller, seconds in self._seconds.items() if seconds >= SHARE.total_seconds()]

    def describe(self, rows: list[Manifest]) -> int:
        """Describe the rows in order; those that there is no time for are given back. Return how many were tried."""
        left, tried = list(rows), 0
        try:
            while left and not self.is_over():
                manifest = left.pop(0)
                if manifest.image.owner_id in self.sellers_done():
                    put_back([manifest])
                    continue
                self._describe(manifest)
                tried += 1
        finally:
            put_back(left)
        return tried

    def _describe(self, manifest: Manifest) -> None:
        began = monotonic()
        self.try_row(
            partial(_describe, self._registry, manifest),
            origin=manifest.image.owner_id,
            put_off=partial(record_unreadable_manifest, manifest, backoff=PATIENCE),
            give_back=lambda: put_back([manifest], due_at=timezone.now() + _BUSY),
        )
        self._seconds[manifest.image.owner_id] += monotonic() - began


def _describe(registry: RegistryClient, manifest: Manifest) -> None:
    repository, contents = manifest.image.repository, Contents()
    try:
        found = registry.manifest(repository, manifest.digest)
        if found is None:
            remove_manifest(repository=repository, digest=manifest.digest)
            return
        document = read_document(found.content)
        if found.media_type in INDEX_TYPES:
            description = _read_index(manifest, document)
            contents = Contents(subject=subject_of(document), attestations=attestations_of(document))
        else:
            description, contents = _read_image(registry, repository, document)
        if description is not None:
            blobs = {found.digest: len(found.content)} | _sizes_of_blobs(registry, manifest, document)
            description = replace(description, blobs=blobs)
    except RegistryRefused as refusal:
        logger.warning("manifest cannot be read", extra={"repository": repository, "digest": manifest.digest, "why": refusal.message})
        description = ManifestDescription(kind=Manifest.Kind.ARTIFACT, size=manifest.size)
    if description is not None:
        with locked_transaction():
            describe_manifest(manifest=manifest, description=description)
            record_contents(manifest=manifest, contents=contents)


def _sizes_of_blobs(registry: RegistryClient, manifest: Manifest, document: Document) -> dict[str, int]:
    """Return the bytes of the blobs that a manifest names, as the registry has them.

    What a manifest says of their sizes is checked by nobody, and whoever wrote it has a quota. Each blob is asked for once for a seller;
    of very many in one manifest, the rest is believed.

    Raises:
        RegistryFailed: that took as long as a seller's share of a run; the next attempt goes on.
    """
    named = {part.digest: part.size for part in parts_of(document) if not part.is_manifest}
    known = known_blobs(owner_id=manifest.image.owner_id, digests=named)
    asked = [digest for digest in named if digest not in known][:MOST_SIZES]
    return named | known | ask_sizes(registry, manifest, asked, longest=SHARE)


def _read_image(registry: RegistryClient, repository: str, document: Document) -> tuple[ManifestDescription, Contents]:
    digest = config_digest(document)
    config = read_document(registry.blob(repository, digest) if digest else None)
    description = describe_image(document, config)
    if description.kind == Manifest.Kind.ARTIFACT:
        return description, Contents(evidence=evidence_of(document), subject=subject_of(document))
    read = ConfigurationReader(config)
    return description, Contents(facts=read.facts, hidden=read.hidden)


def _read_index(index: Manifest, document: Document) -> ManifestDescription | None:
    """Describe an index by what is known of its children; None if one of them has not been tried yet, and then the index waits too.

    Raises:
        ChildrenUnreadable: there may be an image among them, but none can be read.
    """
    children = children_of(document)
    if children and not index.children:  # the first time; a child that is missing later was removed from the registry
        record_children(index=index, children=children)
    known = list(Manifest.objects.filter(image=index.image_id, digest__in=[child.digest for child in children]))
    fresh = [child.due_at for child in known if child.described_at is None and not child.is_unreadable]
    if fresh:
        put_back([index], due_at=min(fresh))
        return None
    described = {child.digest: _of_child(child) for child in known if child.described_at is not None}
    if len(described) < len(known) and all(child.kind == Manifest.Kind.ARTIFACT for child in described.values()):
        raise ChildrenUnreadable
    return describe_index(document, known=described)


def _of_child(child: Manifest) -> ManifestDescription:
    return ManifestDescription(kind=Manifest.Kind(child.kind), size=child.size, platforms=tuple(child.platforms))
