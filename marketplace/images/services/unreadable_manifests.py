"""Manifests that cannot be read: retried later, given up, read again when staff ask, removed when their seller asks."""

import logging

from django.utils import timezone

from accounts.people.models import User
from audit.services import record_audit, require_reason
from common.db.claims import Backoff, note_failure, try_again
from common.db.locking import locked_transaction
from marketplace.images.errors import ManifestIsReadable, SoldContentKept
from marketplace.images.locks import lock_image
from marketplace.images.models import Manifest
from marketplace.images.ownership import require_editor_or_staff, require_staff
from marketplace.images.services.leading_tags import update_leading_tag
from marketplace.images.services.manifests import reread_indexes_of

logger = logging.getLogger(__name__)


def record_unreadable_manifest(manifest: Manifest, error: object, *, backoff: Backoff) -> None:
    """Record why a manifest could not be read or removed. From now on buyers do not see it."""
    with locked_transaction():
        image = lock_image(image_id=manifest.image_id)
        over = note_failure(manifest, error, backoff=backoff)
        update_leading_tag(image)
    details = {"image": str(manifest.image_id), "digest": manifest.digest, "why": manifest.last_error}
    if over:
        logger.error("manifest given up; staff can have it described again", extra=details)
    else:
        logger.warning("manifest will be retried later", extra=details)


def describe_again(*, manifest: Manifest, reason: str, actor: User) -> None:
    """Have a manifest read from the registry again, with the indexes that name it, even if it was given up.

    Raises:
        NotYours: the actor is not staff.
        ReasonMissing: no reason.
    """
    require_staff(actor)
    require_reason(reason)
    with locked_transaction():
        image = lock_image(image_id=manifest.image_id)
        Manifest.objects.filter(pk=manifest.pk).update(described_at=None)
        try_again(manifest)
        reread_indexes_of(manifest)
        update_leading_tag(image)
        record_audit(actor=actor, action="manifest.described_again", target=manifest, reason=reason)


def ask_for_removal(*, manifest: Manifest, actor: User) -> None:
    """Have a manifest that cannot be read deleted from the registry, with its tags. The worker does it within a minute.

    That it cannot be read now does not mean that nobody could pull it before, or will again: of what was sold nothing is deleted. The
    image's lock decides which came first, the first sale or this.

    Raises:
        NotYours, RoleNotEnough: the actor neither edits for the owner nor is staff.
        ManifestIsReadable: it has been described, or has yet to be: buyers may have it.
        SoldContentKept: somebody has bought the image.
    """
    require_editor_or_staff(actor, manifest.image.owner_id)
    with locked_transaction():
        image = lock_image(image_id=manifest.image_id)
        manifest.refresh_from_db()
        if not manifest.is_unreadable:
            raise ManifestIsReadable(digest=manifest.short_digest)
        if image.first_sold_at is not None:
            raise SoldContentKept(repository=image.repository)
        Manifest.objects.filter(pk=manifest.pk).update(removal_asked_at=timezone.now())
        try_again(manifest)
        update_leading_tag(image)
        record_audit(actor=actor, action="manifest.removal_asked", target=manifest.image, digest=manifest.digest)
