"""What has been pushed: recorded from the registry's events, then completed and repaired by reading from the registry."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from common.db.locking import locked_transaction
from common.ops.queue import queue_after_commit
from marketplace.images.locks import lock_image, lock_occupant
from marketplace.images.merging import merge_layers
from marketplace.images.models import LONGEST_COMMAND, MOST_LAYERS, Image, Layer, LayerList, Manifest, Tag, TagMove, UncheckedLayers
from marketplace.images.oci import IMAGE_TYPES, INDEX_TYPES, LONGEST_DIGEST
from marketplace.images.services.expiry import keep_pushed_name
from marketplace.images.services.leading_tags import update_leading_tag
from marketplace.images.services.storage import count_blobs, release_blobs
from marketplace.images.versions import version_key

logger = logging.getLogger(__name__)

_MOST_BYTES = 2**63 - 1  # what a bigint holds; manifests are written by strangers


@dataclass(frozen=True, slots=True)
class LayerDescription:
    """One layer, as a manifest and its configuration describe it.

    Attributes:
        size: compressed bytes.
        command: `created_by` from the configuration's history.
    """

    digest: str
    size: int
    command: str = ""


@dataclass(frozen=True, slots=True)
class ChildDescription:
    """A manifest, as an index lists it.

    Attributes:
        size: bytes of the manifest itself.
        platform: as the index says; empty if it does not.
    """

    digest: str
    media_type: str
    size: int
    platform: str = ""


@dataclass(frozen=True, slots=True)
class ManifestDescription:
    """What a manifest and its configuration or its children contain (OCI image-spec).

    Attributes:
        size: bytes that a pull transfers; for an index, those of its largest child.
        platforms: `os/architecture[/variant]`, without those of attestations.
        children: digests of an index's manifests, without attestations.
        layers: base first; none for an index.
        blobs: bytes of all that it needs in the registry, itself among it, by digest; none if it cannot be read.
    """

    kind: Manifest.Kind
    size: int
    platforms: tuple[str, ...] = ()
    children: tuple[str, ...] = ()
    image_created_at: datetime | None = None
    layers: tuple[LayerDescription, ...] = ()
    blobs: Mapping[str, int] = field(default_factory=dict)


def record_push(*, repository: str, digest: str, media_type: str, size: int, tag: str | None, at: datetime) -> Manifest | None:
    """Record that a manifest was pushed, and which tag points at it now. Repeated or late events change nothing.

    The first push keeps the name for good, and revives an expired reservation, for the push began while the reservation was in force.

    Args:
        size: bytes of the manifest itself, stored until its description arrives.
        tag: None for a push by digest.
        at: when the registry accepted it. An event older than what a tag points at does not move the tag.

    Returns:
        The manifest, or None if nobody holds the name, which is logged.
    """
    with locked_transaction():
        image = lock_occupant(repository=repository)
        if image is None:
            logger.warning("push to a name that nobody holds", extra={"repository": repository})
            return None
        keep_pushed_name(image, at=at)
        manifest, _ = Manifest.objects.get_or_create(
            image=image,
            digest=digest,
            defaults={"media_type": media_type, "kind": _kind_of(media_type), "size": _bytes(size), "pushed_at": at},
        )
        if tag is not None:
            _point_tag(image, tag, manifest, at)
            update_leading_tag(image)
            if manifest.described_at is not None:  # otherwise its description draws the cover
                _draw_after_commit(image.pk)
        return manifest


def record_children(*, index: Manifest, children: Iterable[ChildDescription]) -> None:
    """Record which manifests an index names, and create those that no event has reported. Each is then described on its own."""
    found = list(children)
    with locked_transaction():
        lock_image(image_id=index.image_id)
        if not Manifest.objects.filter(pk=index.pk).update(children=[_text(child.digest, LONGEST_DIGEST) for child in found]):
            return
        Manifest.objects.bulk_create(
            [
                Manifest(
                    image_id=index.image_id,
                    digest=_text(child.digest, LONGEST_DIGEST),
                    media_type=_text(child.media_type, 255),
                    kind=_kind_of(child.media_type),
                    size=_bytes(child.size),
                    pushed_at=index.pushed_at,
                )
                for child in found
            ],
            ignore_conflicts=True,
        )


def describe_manifest(*, manifest: Manifest, description: ManifestDescription) -> None:
    """Complete a manifest with what was read from the registry. If it has been deleted in the meantime, it stays deleted."""
    with locked_transaction():
        image = lock_image(image_id=manifest.image_id)
        described = Manifest.objects.filter(pk=manifest.pk).update(
            kind=description.kind,
            size=_bytes(description.size),
            platforms=sorted({_text(platform, 80) for platform in description.platforms}),
            children=[_text(child, LONGEST_DIGEST) for child in description.children],
            image_created_at=description.image_created_at,
            described_at=timezone.now(),
            attempts=0,
            last_error="",
            given_up_at=None,
        )
        if not described:
            return
        _count_blobs(manifest, image, description.blobs)
        LayerList.objects.update_or_create(manifest=manifest, defaults={"rows": _rows(description.layers)})
        if description.layers:
            UncheckedLayers.objects.bulk_create([UncheckedLayers(manifest_id=manifest.pk)], ignore_conflicts=True)
        if manifest.is_unreadable:  # until now; the indexes that name it were described without it
            reread_indexes_of(manifest)
        update_leading_tag(image)
        _draw_after_commit(image.pk)


def _count_blobs(manifest: Manifest, image: Image, blobs: Mapping[str, int]) -> None:
    """Count what a manifest needs; once, for its content never changes."""
    uncounted = Manifest.objects.filter(pk=manifest.pk, blobs=None)
    if blobs and uncounted.exists():
        sizes = {_text(digest, LONGEST_DIGEST): _bytes(size) for digest, size in blobs.items()}
        uncounted.update(blobs=count_blobs(owner_id=image.owner_id, sizes=sizes))


def _rows(layers: Sequence[LayerDescription]) -> list[Layer]:
    """Keep at most `MOST_LAYERS` rows; where there are more layers, the smallest adjacent ones share one."""
    taken = [Layer(_text(layer.digest, LONGEST_DIGEST), _bytes(layer.size), _text(layer.command, LONGEST_COMMAND)) for layer in layers]
    return [layer._replace(size=_bytes(layer.size)) for layer in merge_layers(taken, MOST_LAYERS)]


def _draw_after_commit(image_id: UUID) -> None:
    queue_after_commit("marketplace.draw_cover_of_image", str(image_id))


def reread_indexes_of(manifest: Manifest) -> None:
    """Have the indexes that name a manifest described again. The caller holds the image's lock."""
    naming = Manifest.objects.filter(image=manifest.image_id, kind=Manifest.Kind.INDEX, children__contains=[manifest.digest])
    naming.update(described_at=None, due_at=timezone.now(), attempts=0, last_error="", given_up_at=None)


def remove_tag(*, repository: str, tag: str) -> None:
    """Delete a tag that the registry no longer has. Its manifest stays until the registry deletes that too."""
    with locked_transaction():
        image = lock_occupant(repository=repository)
        going = Tag.objects.filter(image=image, name=tag)
        _note_removal(going)
        removed, _ = going.delete()
        if image is not None and removed:
            update_leading_tag(image)
            _draw_after_commit(image.pk)


def remove_manifest(*, repository: str, digest: str) -> None:
    """Delete a manifest that the registry deleted, with the tags that pointed at it."""
    with locked_transaction():
        image = lock_occupant(repository=repository)
        pointing = Tag.objects.filter(image=image, manifest__digest=digest)
        _note_removal(pointing)
        pointing.delete()
        gone = Manifest.objects.filter(image=image, digest=digest)
        release_blobs(blob for blobs in gone.values_list("blobs", flat=True) for blob in blobs or ())
        removed, _ = gone.delete()
        if image is not None and removed:
            update_leading_tag(image)
            _draw_after_commit(image.pk)


def _point_tag(image: Image, name: str, manifest: Manifest, at: datetime) -> None:
    values = {"manifest": manifest, "pushed_at": at, "version": version_key(name)}
    tag, created = Tag.objects.select_related("manifest").get_or_create(image=image, name=name, defaults=values)
    if created:
        TagMove.objects.create(image=image, tag=name, new_digest=manifest.digest, at=at)
    elif tag.pushed_at < at:
        if tag.manifest.digest != manifest.digest:
            tag.moved_at, tag.moved_from = at, tag.manifest.digest
            TagMove.objects.create(image=image, tag=name, old_digest=tag.moved_from, new_digest=manifest.digest, at=at)
        tag.manifest, tag.pushed_at = manifest, at
        tag.save(update_fields=["manifest", "pushed_at", "moved_at", "moved_from"])


def _note_removal(tags: QuerySet[Tag]) -> None:
    now = timezone.now()
    TagMove.objects.bulk_create(
        TagMove(image_id=tag.image_id, tag=tag.name, old_digest=tag.manifest.digest, at=now) for tag in tags.select_related("manifest")
    )


def _kind_of(media_type: str) -> Manifest.Kind:
    """Guess by the media type alone; the description will say for certain."""
    if media_type in INDEX_TYPES:
        return Manifest.Kind.INDEX
    return Manifest.Kind.IMAGE if media_type in IMAGE_TYPES else Manifest.Kind.ARTIFACT


def _bytes(size: int) -> int:
    return min(max(size, 0), _MOST_BYTES)


def _text(text: str, longest: int) -> str:
    """Return the part of a text that PostgreSQL accepts: no NUL and no lone surrogate, both of which JSON can contain."""
    return text.replace("\x00", "").encode(errors="replace").decode()[:longest]
