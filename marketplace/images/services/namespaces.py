"""Namespaces: chosen by sellers, and ended while nothing came of them."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet

from accounts.people.models import User
from accounts.people.selectors import require_verified_email
from accounts.sellers.locks import lock_seller
from accounts.sellers.services.sellers import become_seller
from audit.services import record_audit, require_reason
from common.db.locking import locked_transaction, translate_violation
from marketplace.images.errors import NamespaceLooksAlike, NamespaceQuotaReached, NamespaceTaken
from marketplace.images.locks import lock_namespace
from marketplace.images.models import Image, Namespace
from marketplace.images.names import NamespaceName, skeleton
from marketplace.images.ownership import require_seller_in_good_standing, require_staff


def choose_namespace(*, user: User, name: str, display_name: str) -> Namespace:
    """Make the user a seller, if they are not one yet, and the namespace theirs: nobody else can take it or one that looks like it.

    Args:
        display_name: what the shop is called; kept as it is for somebody who is a seller already.

    Raises:
        EmailNotVerified: the user has no verified address.
        InvalidNamespaceName: grammar, length or a reserved word forbids it; says which rule.
        SellerIsSuspended: the seller may begin nothing new.
        NamespaceQuotaReached: the seller holds as many as they may.
        NamespaceTaken: it is somebody's.
        NamespaceLooksAlike: it looks like somebody's.
    """
    parsed = NamespaceName.parse(name)
    require_verified_email(user)
    with locked_transaction():
        seller = lock_seller(account_id=become_seller(account=user.account, display_name=display_name).pk)
        require_seller_in_good_standing(seller.pk)
        if Namespace.objects.filter(owner=user.account).count() >= seller.namespace_quota:
            raise NamespaceQuotaReached(quota=seller.namespace_quota)
        # The constraints, not a question asked before, judge who is first; the name is looked at before its looks.
        with (
            translate_violation("namespace_name_unique", NamespaceTaken(name=parsed.value)),
            translate_violation("namespace_skeleton_unique", NamespaceLooksAlike(name=parsed.value)),
        ):
            namespace = Namespace.objects.create(
                owner=user.account,
                name=parsed.value,
                skeleton=skeleton(parsed.value),
                image_quota=settings.LAYERSTORE_IMAGES_PER_NAMESPACE,
            )
        record_audit(actor=user, action="namespace.chosen", target=namespace)
    return namespace


def clear_skeleton(*, namespace: Namespace, reason: str, actor: User) -> Namespace:
    """Let go of what the namespace looks like, so that a look-alike with good reason can be taken; the name itself stays.

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


_AT_ONCE = 1_000  # of one run: the next one goes on


def end_empty_namespaces(*, now: datetime) -> int:
    """Let names of namespaces be chosen again that stood empty for long enough; return how many. Again: nothing.

    Empty: it has no product, and every image that was ever reserved in it is freed. A name is freed only if nothing was pushed to or
    sold under it, by the registry's own word (`marketplace.images.services.expiry`), so nobody can be deceived by a later owner.
    """
    waiting = list(_empty(now).order_by("created_at").values_list("pk", "owner_id")[:_AT_ONCE])
    return sum(_end(namespace_id, seller_id, now) for namespace_id, seller_id in waiting)


def _empty(now: datetime) -> QuerySet[Namespace]:
    since = now - settings.LAYERSTORE_EMPTY_NAMESPACES_KEPT
    held = Image.objects.filter(namespace=OuterRef("pk")).exclude(freed_at__lt=since)
    return Namespace.objects.filter(~Exists(held), products__isnull=True, created_at__lt=since)


def _end(namespace_id: UUID, seller_id: UUID, now: datetime) -> bool:
    with locked_transaction():
        lock_seller(account_id=seller_id)
        namespace = lock_namespace(namespace_id=namespace_id)
        if not _empty(now).filter(pk=namespace_id).exists():
            return False
        record_audit(actor=None, action="namespace.ended", target=namespace)
        namespace.images.all().delete()
        namespace.delete()
    return True
