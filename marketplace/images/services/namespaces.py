"""Namespaces: chosen by sellers, and ended if nothing comes of them."""

from datetime import datetime
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.people.models import Account, User
from accounts.people.selectors import require_verified_email
from accounts.sellers.locks import lock_seller
from accounts.sellers.models import SellerProfile
from accounts.sellers.services.sellers import become_seller
from audit.services import record_audit, require_reason
from common.db.locking import locked_transaction, translate_violation
from common.db.row_failures import act_on_each
from marketplace.images.errors import NamespaceLooksAlike, NamespaceQuotaReached, NamespaceTaken
from marketplace.images.locks import lock_namespace
from marketplace.images.models import Image, Namespace
from marketplace.images.names import NamespaceName, skeleton
from marketplace.images.ownership import require_owner, require_seller_in_good_standing, require_staff


def choose_namespace(*, user: User, name: str, display_name: str, organisation: Account | None = None) -> Namespace:
    """Give the user a namespace, and make them a seller if they are not one yet. Nobody else can take the name or one that looks like it.

    Args:
        display_name: the name of the shop; ignored for somebody who is a seller already, and for an organisation, whose shop has its name.
        organisation: who shall have it and sell under it, instead of the user.

    Raises:
        EmailNotVerified: the user has no verified address.
        NotYours, RoleNotEnough: the user is not an owner of the organisation.
        InvalidNamespaceName: grammar, length or a reserved word forbids it; says which rule.
        SellerIsSuspended: the seller is suspended.
        NamespaceQuotaReached: the seller has as many as they may have.
        NamespaceTaken: somebody has it.
        NamespaceLooksAlike: it looks like one that somebody has.
    """
    parsed = NamespaceName.parse(name)
    require_verified_email(user)
    owner = organisation or user.account
    require_owner(user, owner.pk)
    with locked_transaction():
        shop = display_name if organisation is None else organisation.name
        seller = lock_seller(account_id=become_seller(account=owner, display_name=shop, actor=user).pk)
        require_seller_in_good_standing(seller.pk)
        require_room_for_namespace(seller)
        # The constraints decide who was first, not a query before. That of the name is checked before that of the skeleton.
        with (
            translate_violation("namespace_name_unique", NamespaceTaken(name=parsed.value)),
            translate_violation("namespace_skeleton_unique", NamespaceLooksAlike(name=parsed.value)),
        ):
            namespace = Namespace.objects.create(
                owner=owner,
                name=parsed.value,
                skeleton=skeleton(parsed.value),
                image_quota=settings.LAYERSTORE_IMAGES_PER_NAMESPACE,
            )
        record_audit(actor=user, action="namespace.chosen", target=namespace)
    return namespace


def require_room_for_namespace(seller: SellerProfile) -> None:
    """Make sure that a seller may have one more namespace, under the seller's lock.

    Raises:
        NamespaceQuotaReached: they have as many as they may have.
    """
    if Namespace.objects.filter(owner=seller.pk).count() >= seller.namespace_quota:
        raise NamespaceQuotaReached(quota=seller.namespace_quota)


def clear_skeleton(*, namespace: Namespace, reason: str, actor: User) -> Namespace:
    """Clear the skeleton, so that somebody with good reason can take a look-alike. The name itself stays taken.

    Raises:
        NotYours: the actor is not staff.
        ReasonMissing: no reason.
    """
    require_staff(actor)
    require_reason(reason)
    with locked_transaction():
        locked = lock_namespace(namespace_id=namespace.pk)
        locked.skeleton = None
        locked.save(update_fields=["skeleton"])
        record_audit(actor=actor, action="namespace.skeleton_cleared", target=locked, reason=reason)
    return locked


_AT_ONCE = 1_000  # in one run; the next run continues


def end_empty_namespaces(*, now: datetime) -> int:
    """End namespaces that have been empty for long enough, so that their names can be chosen again. Return how many. Safe to repeat.

    A namespace is empty if it has no product and every image that was ever reserved in it has been freed. That happens only if nothing was
    pushed or sold under the image's name, which the registry confirms (`marketplace.images.services.expiry`), so a later owner can deceive
    nobody. A name that a product of another namespace still lists keeps its namespace; a token that was limited to it does not.
    """
    return act_on_each(_empty(now), partial(_end, now=now), most=_AT_ONCE)


def _empty(now: datetime) -> QuerySet[Namespace]:
    since = now - settings.LAYERSTORE_EMPTY_NAMESPACES_KEPT
    free = Q(freed_at__lt=since, product_images__isnull=True)
    occupied = Image.objects.filter(~free, namespace=OuterRef("pk"))
    return Namespace.objects.filter(~Exists(occupied), products__isnull=True, created_at__lt=since)


def _end(namespace_id: UUID, *, now: datetime) -> bool:
    with locked_transaction():
        lock_seller(account_id=Namespace.objects.values_list("owner_id", flat=True).get(pk=namespace_id))
        namespace = lock_namespace(namespace_id=namespace_id)
        if not _empty(now).filter(pk=namespace_id).exists():
            return False
        record_audit(actor=None, action="namespace.ended", target=namespace)
        namespace.images.all().delete()
        namespace.delete()
    return True
