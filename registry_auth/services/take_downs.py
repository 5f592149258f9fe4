"""Taking content out of the registry. An image that is taken down and still has manifests is the row that says so."""

import logging
from uuid import UUID

from django.db.models import Exists, OuterRef

from accounts.services.audit import record_audit
from common.errors import DomainError
from marketplace.models import Image, Manifest
from marketplace.services.manifests import remove_manifest
from registry_auth.errors import RegistryAway
from registry_auth.registry_client import RegistryClient

logger = logging.getLogger(__name__)


def remove_taken_down_manifests(*, registry: RegistryClient) -> int:
    """Delete all manifests of images that were taken down, so that a token issued before finds nothing. Return how many.

    An image that the registry refuses to empty stops no other, and is tried again by the next run.

    Raises:
        RegistryAway: what is left waits for the next run.
    """
    known = Manifest.objects.filter(image=OuterRef("pk"))
    down = Image.objects.filter(Exists(known), taken_down_at__isnull=False)
    return sum(_remove(registry, image_id) for image_id in list(down.values_list("pk", flat=True)))


def _remove(registry: RegistryClient, image_id: UUID) -> int:
    # Looked at again, for staff may have restored it while others were being emptied.
    image = Image.objects.filter(pk=image_id, taken_down_at__isnull=False).first()
    if image is None:
        return 0
    try:
        return _empty(registry, image)
    except RegistryAway:
        raise
    except DomainError as error:
        logger.warning("taken down image not emptied", extra={"repository": image.repository, "why": error.message})
        return 0


def _empty(registry: RegistryClient, image: Image) -> int:
    # What the registry has and we do not know of goes as well: a tag may have been pushed while the image was being taken down.
    tagged = {registry.manifest_digest(image.repository, tag) for tag in registry.tags(image.repository)} - {None}
    digests = tagged | set(image.manifests.values_list("digest", flat=True))
    for digest in sorted(digest for digest in digests if digest):
        registry.delete_manifest(image.repository, digest)
        remove_manifest(repository=image.repository, digest=digest)
    record_audit(actor=None, action="image.manifests_removed", target=image, reason=image.take_down_reason, manifests=len(digests))
    return len(digests)
