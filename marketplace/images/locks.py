"""The only place where namespaces and images are locked."""

from collections.abc import Iterable
from uuid import UUID

from common.db.locking import locked
from marketplace.images.models import Image, Namespace, StoredBlob


def lock_namespace(*, namespace_id: UUID) -> Namespace:
    """Lock the namespace for this transaction. Whoever counts its images or adds one must hold this lock."""
    return locked(Namespace.objects.filter(pk=namespace_id)).get()


def lock_image(*, image_id: UUID) -> Image:
    """Lock the image for this transaction. Whoever changes its state, its manifests or its tags must hold this lock."""
    return locked(Image.objects.filter(pk=image_id)).get()


def lock_images(*, image_ids: Iterable[UUID]) -> list[Image]:
    """Lock several images, in primary-key order."""
    return list(locked(Image.objects.filter(pk__in=set(image_ids)).order_by("pk")))


def lock_occupant(*, repository: str) -> Image | None:
    """Lock the image that the registry knows by this name, if somebody holds the name."""
    return locked(Image.objects.filter(repository=repository, freed_at__isnull=True)).first()


def lock_stored_blobs(*, ids: Iterable[int]) -> list[StoredBlob]:
    """Lock what a seller has stored, in the order in which it is counted."""
    return list(locked(StoredBlob.objects.filter(pk__in=list(ids)).order_by("digest")))
