"""Draft, published, withdrawn, suspended: a product changes its state only along `TRANSITIONS`."""

from collections.abc import Mapping

from django.utils import timezone

from accounts.people.models import User
from audit.services import record_audit, require_reason
from common.db.locking import locked_transaction
from marketplace.images.ownership import require_owner, require_seller_in_good_standing, require_staff
from marketplace.products.errors import ProductNotReady, ProductStateConflict
from marketplace.products.locks import lock_product, lock_product_with_images
from marketplace.products.models import Product
from marketplace.products.requirements import what_to_do
from marketplace.products.selectors.readiness import missing_for_publication
from marketplace.products.services.search_entries import index_product

_State = Product.State
# After a suspension the seller has to publish the product again, so that everything is checked again.
TRANSITIONS: Mapping[str, frozenset[str]] = {
    _State.DRAFT: frozenset({_State.PUBLISHED}),
    _State.PUBLISHED: frozenset({_State.WITHDRAWN, _State.SUSPENDED}),
    _State.WITHDRAWN: frozenset({_State.PUBLISHED, _State.SUSPENDED}),
    _State.SUSPENDED: frozenset({_State.WITHDRAWN}),
}


def publish_product(*, product: Product, actor: User) -> Product:
    """Offer the product to everybody. One that was withdrawn returns at its current price.

    Raises:
        NotYours, RoleNotEnough: the actor does not decide for its seller.
        SellerIsSuspended: the seller is suspended.
        ProductStateConflict: it is published already, or suspended.
        ProductNotReady: it does not meet a requirement; says which.
    """
    require_owner(actor, product.seller_id)
    with locked_transaction():
        # With the images locked, no push, release or take-down can happen between the checks and the publication.
        locked, _ = lock_product_with_images(product_id=product.pk)
        require_seller_in_good_standing(locked.seller_id)
        _transition(locked, _State.PUBLISHED)
        require_ready(locked)
        locked.published_at = locked.published_at or timezone.now()
        locked.save(update_fields=["state", "published_at", "updated_at"])
        index_product(locked)
        record_audit(actor=actor, action="product.published", target=locked)
    return locked


def withdraw_product(*, product: Product, actor: User) -> Product:
    """Stop new sales at once. Whoever bought or got it keeps it; anonymous pulls of a free product end.

    Raises:
        NotYours, RoleNotEnough: the actor does not decide for its seller.
        ProductStateConflict: it is not published.
    """
    require_owner(actor, product.seller_id)
    with locked_transaction():
        locked = lock_product(product_id=product.pk)
        if locked.state == _State.SUSPENDED:  # only staff may end a suspension
            raise ProductStateConflict(state=locked.state, target=_State.WITHDRAWN)
        _transition(locked, _State.WITHDRAWN)
        locked.save(update_fields=["state", "updated_at"])
        index_product(locked)
        record_audit(actor=actor, action="product.withdrawn", target=locked)
    return locked


def suspend_product(*, product: Product, reason: str, actor: User) -> Product:
    """Take the product off sale until staff reinstate it. Buyers keep what they have.

    Raises:
        NotYours: the actor is not staff.
        ReasonMissing: no reason.
        ProductStateConflict: it is a draft, or suspended already.
    """
    require_staff(actor)
    require_reason(reason)
    with locked_transaction():
        locked = lock_product(product_id=product.pk)
        _transition(locked, _State.SUSPENDED)
        locked.suspension_reason = reason[:500]
        locked.save(update_fields=["state", "suspension_reason", "updated_at"])
        index_product(locked)
        record_audit(actor=actor, action="product.suspended", target=locked, reason=reason)
    return locked


def reinstate_product(*, product: Product, reason: str, actor: User) -> Product:
    """Lift the suspension. The product is then withdrawn, and its seller may publish it again.

    Raises:
        NotYours: the actor is not staff.
        ReasonMissing: no reason.
        ProductStateConflict: it is not suspended.
    """
    require_staff(actor)
    require_reason(reason)
    with locked_transaction():
        locked = lock_product(product_id=product.pk)
        if locked.state != _State.SUSPENDED:
            raise ProductStateConflict(state=locked.state, target=_State.WITHDRAWN)
        _transition(locked, _State.WITHDRAWN)
        locked.suspension_reason = ""
        locked.save(update_fields=["state", "suspension_reason", "updated_at"])
        record_audit(actor=actor, action="product.reinstated", target=locked, reason=reason)
    return locked


def require_ready(product: Product) -> None:
    """Make sure that the product meets all requirements for publication.

    Raises:
        ProductNotReady: it does not; says which.
    """
    missing = missing_for_publication(product)
    if missing:
        raise ProductNotReady(missing={one.requirement: what_to_do(one) for one in missing})


def _transition(product: Product, target: str) -> None:
    if target not in TRANSITIONS[product.state]:
        raise ProductStateConflict(state=product.state, target=target)
    product.state = target
