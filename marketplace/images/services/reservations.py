"""Image names are reserved and given up."""

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext

from accounts.people.models import User
from accounts.people.selectors import require_verified_email
from audit.services import record_audit, require_reason
from common.db.locking import locked_transaction, translate_violation
from marketplace.images.errors import ImageNameAlreadyReserved, ImageOnSale, ImageQuotaReached, ImageStateConflict
from marketplace.images.locks import lock_image, lock_namespace
from marketplace.images.models import Image, Namespace
from marketplace.images.names import ImageName, repository_of
from marketplace.images.ownership import owns, require_editor, require_owner_or_staff, require_seller_in_good_standing


def reserve_image(*, namespace: Namespace, name: str, actor: User) -> Image:
    """Reserve `namespace/name`. From now on its owner may push to it, and nobody else can take it.

    Without a push the reservation ends after `LAYERSTORE_RESERVATION_LIFETIME` (marketplace.images.services.expiry).

    Args:
        name: the last part of the repository, in OCI grammar (distribution-spec, "Pulling manifests"), at most 128 bytes.

    Raises:
        InvalidImageName: grammar, length or a reserved word forbids it; says which rule.
        NotYours: the namespace is somebody else's.
        RoleNotEnough: it is an organisation's, in which the actor does not edit.
        EmailNotVerified: the actor has no verified address.
        SellerIsSuspended: the seller is suspended.
        ImageQuotaReached: the namespace has as many images as it may have.
        ImageNameAlreadyReserved: the name is taken, or a tombstone.
    """
    repository = repository_of(namespace=namespace.name, name=ImageName.parse(name), host=settings.LAYERSTORE_IMAGE_HOST)
    require_editor(actor, namespace.owner_id)
    require_verified_email(actor)
    with locked_transaction():
        locked = lock_namespace(namespace_id=namespace.pk)
        require_seller_in_good_standing(locked.owner_id)
        if locked.images.counting().count() >= locked.image_quota:
            raise ImageQuotaReached(namespace=locked.name, quota=locked.image_quota)
        now = timezone.now()
        # The constraint decides whether the name is free, not a query before.
        with translate_violation("image_name_unique", ImageNameAlreadyReserved(repository=repository)):
            image = Image.objects.create(
                namespace=locked,
                owner_id=locked.owner_id,
                name=name,
                repository=repository,
                reserved_by=actor,
                reserved_at=now,
                expires_at=now + settings.LAYERSTORE_RESERVATION_LIFETIME,
            )
        record_audit(actor=actor, action="image.reserved", target=image)
    return image


def release_image(*, image: Image, reason: str, actor: User) -> Image:
    """Give the name up. Nobody can push to it any more; whoever may pull from it still can.

    If anything was ever pushed or sold under it, it is a tombstone from now on. Otherwise it is freed once no push in progress can
    arrive any more (marketplace.images.services.expiry).

    Args:
        reason: required from staff, optional from the owner.

    Raises:
        NotYours: the actor is neither owner nor staff.
        RoleNotEnough: it is an organisation's, in which the actor is no owner.
        ReasonMissing: staff gave no reason.
        ImageOnSale: a published product contains it.
        ImageStateConflict: it has ended already.
    """
    require_owner_or_staff(actor, image.owner_id)
    if not owns(actor, image.owner_id):
        require_reason(reason)
    with locked_transaction():
        locked = lock_image(image_id=image.pk)
        if not locked.is_live:
            raise ImageStateConflict(
                repository=locked.repository,
                sentence=gettext("{repository} has been given up already.").format(repository=locked.repository),
            )
        if locked.products.published().exists():
            raise ImageOnSale(repository=locked.repository)
        locked.ended_at, locked.end_kind, locked.end_reason = timezone.now(), Image.End.RELEASED, reason[:500]
        locked.save(update_fields=["ended_at", "end_kind", "end_reason"])
        record_audit(actor=actor, action="image.released", target=locked, reason=reason)
    return locked
