"""Completing what an event told of: the manifest itself. One without `described_at` is the row that says so."""

import logging
from uuid import UUID

from marketplace.models import Manifest
from marketplace.services.manifests import ManifestDescription, describe_manifest, record_push, remove_manifest
from registry_auth.descriptions import INDEX_TYPES, children_of, config_digest, describe_image, describe_index, pull_size, read_document
from registry_auth.errors import RegistryRefused
from registry_auth.registry_client import RegistryClient, RegistryManifest

logger = logging.getLogger(__name__)


def describe_waiting_manifests(*, registry: RegistryClient) -> int:
    """Describe all manifests that only an event has told of. Return how many were looked at.

    A manifest that is gone from the registry is forgotten; one that the registry refuses to show is described as an artefact, so that it
    is not asked for again and again. Children of an index that no event told of are written down and described as well.

    Raises:
        RegistryAway: what is left waits for the next run.
    """
    looked_at, last = 0, UUID(int=0)
    waiting = Manifest.objects.filter(described_at__isnull=True).select_related("image").order_by("pk")
    while manifest := waiting.filter(pk__gt=last).first():
        _describe(registry, manifest)
        looked_at, last = looked_at + 1, manifest.pk
    return looked_at


def _describe(registry: RegistryClient, manifest: Manifest) -> None:
    repository = manifest.image.repository
    try:
        found = registry.manifest(repository, manifest.digest)
        description = None if found is None else _read(registry, manifest, found)
    except RegistryRefused as refusal:
        logger.warning("manifest cannot be read", extra={"repository": repository, "digest": manifest.digest, "why": refusal.message})
        description = ManifestDescription(kind=Manifest.Kind.ARTIFACT, size=manifest.size)
    if description is None:
        remove_manifest(repository=repository, digest=manifest.digest)
    else:
        describe_manifest(manifest=manifest, description=description)


def _read(registry: RegistryClient, manifest: Manifest, found: RegistryManifest) -> ManifestDescription:
    repository, document = manifest.image.repository, read_document(found.content)
    if found.media_type not in INDEX_TYPES:
        config = config_digest(document)
        return describe_image(document, read_document(registry.blob(repository, config) if config else None))
    sizes: dict[str, int] = {}
    for child in children_of(document):
        part = registry.manifest(repository, child["digest"])
        if part is not None:
            sizes[part.digest] = pull_size(read_document(part.content))
            _write_child(manifest, part)
    return describe_index(document, sizes=sizes)


def _write_child(index: Manifest, child: RegistryManifest) -> None:
    if not Manifest.objects.filter(image=index.image_id, digest=child.digest).exists():
        size = len(child.content)
        record_push(
            repository=index.image.repository, digest=child.digest, media_type=child.media_type, size=size, tag=None, at=index.pushed_at
        )
