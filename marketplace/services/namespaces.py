"""Namespaces: the first part of image names, chosen once by a seller."""

from django.conf import settings

from accounts.people.models import User
from accounts.people.selectors import require_verified_email
from accounts.sellers.locks import lock_seller
from accounts.sellers.services.sellers import become_seller
from audit.services import record_audit, require_reason
from common.db.locking import locked_transaction, translate_violation
from marketplace.errors import NamespaceLooksAlike, NamespaceQuotaReached, NamespaceTaken
from marketplace.locks import lock_namespace
from marketplace.models import Namespace
from marketplace.names import NamespaceName, skeleton
from marketplace.selectors.ownership import require_seller_in_good_standing, require_staff


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
