"""A person hands a namespace over to an organisation of theirs, with everything that is in it."""

from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import F, Q

from accounts.organisations.locks import lock_organisation
from accounts.organisations.models import MANAGING_ROLES
from accounts.organisations.selectors import people_of
from accounts.people.models import Account, User
from accounts.sellers.locks import lock_sellers
from accounts.sellers.services.sellers import become_seller
from audit.models import AuditEvent
from audit.services import record_audit
from common.db.locking import locked_transaction
from common.web.links import absolute
from marketplace.images.errors import NotYours
from marketplace.images.locks import lock_images, lock_namespace
from marketplace.images.models import Image, Namespace
from marketplace.images.ownership import require_owner, require_seller_in_good_standing
from marketplace.images.services.namespaces import require_room_for_namespace
from marketplace.images.services.storage import move_blobs
from marketplace.products.errors import BundleAcrossNamespaces
from marketplace.products.locks import lock_products
from marketplace.products.models import Product, ProductImage, UnsavedText
from marketplace.products.services.limits import require_within_limits
from outbox.mail.services import queue_mail

# The keys by which the database keeps owners equal; they are checked when all rows have moved.
_KEYS: Final = (
    "image_owner_is_namespace_owner",
    "product_seller_is_namespace_owner",
    "product_image_owner_is_seller",
    "product_image_owner_is_image_owner",
)


def hand_over_namespace(*, namespace: Namespace, organisation: Account, actor: User) -> Namespace:
    """Give a namespace of the actor's own, its images and its products to an organisation that they own: everything or nothing.

    Buyers keep what they have, for entitlements and credentials refer to images. Names, addresses and prices stay. Orders stay with who
    sold them, was paid and refunds; from now on the organisation sells, and what has a price can be bought once it can be paid. A checkout
    that is open is closed (`billing.orders.stopped`). The organisation's owners are told by mail.

    Raises:
        NotYours: the namespace is not the actor's own, or they are not in the organisation.
        RoleNotEnough: they are in the organisation, and do not own it.
        SellerIsSuspended: the actor or the organisation may not sell.
        NamespaceQuotaReached: the organisation has as many namespaces as it may have.
        BundleAcrossNamespaces: a product sells images of this and of another namespace.
        NoMoreRoom: the organisation would have more products, pictures or texts than one seller may have.
    """
    with locked_transaction():
        locked_organisation = lock_organisation(account_id=organisation.pk)
        require_owner(actor, locked_organisation.pk)
        become_seller(account=locked_organisation, display_name=locked_organisation.name, actor=actor)
        sellers = {seller.pk: seller for seller in lock_sellers(account_ids=[actor.account.pk, locked_organisation.pk])}
        for seller_id in sellers:
            require_seller_in_good_standing(seller_id)
        require_room_for_namespace(sellers[locked_organisation.pk])
        locked = lock_namespace(namespace_id=namespace.pk)
        if locked.owner_id != actor.account.pk:
            raise NotYours
        _move(locked, locked_organisation.pk)
        event = record_audit(
            actor=actor,
            action="namespace.handed_over",
            target=locked,
            before=actor.account.handle,
            after=locked_organisation.handle,
            images=locked.images.count(),
            products=locked.products.count(),
        )
        _tell(locked, locked_organisation, actor, event)
    return locked


def _move(namespace: Namespace, to: UUID) -> None:
    lock_images(image_ids=list(namespace.images.values_list("pk", flat=True)))
    move_blobs(namespace_id=namespace.pk, to=to)
    lock_products(namespace_id=namespace.pk)
    _require_bundles_apart(namespace)
    with connection.cursor() as cursor:
        cursor.execute(f"SET CONSTRAINTS {', '.join(_KEYS)} DEFERRED")
    namespace.owner_id = to
    namespace.save(update_fields=["owner"])
    Image.objects.filter(namespace=namespace).update(owner=to)
    Product.objects.filter(namespace=namespace).update(seller=to)
    ProductImage.objects.filter(product__namespace=namespace).update(owner=to)
    UnsavedText.objects.filter(product__namespace=namespace).update(seller=to)
    with connection.cursor() as cursor:
        cursor.execute(f"SET CONSTRAINTS {', '.join(_KEYS)} IMMEDIATE")
    require_within_limits(to)


def _require_bundles_apart(namespace: Namespace) -> None:
    """Make sure that no product sells images of this namespace and of another.

    Raises:
        BundleAcrossNamespaces: one does.
    """
    across = ProductImage.objects.filter(Q(product__namespace=namespace) | Q(image__namespace=namespace))
    first = across.exclude(product__namespace=F("image__namespace")).select_related("product").first()
    if first is not None:
        raise BundleAcrossNamespaces(title=first.product.title)


def _tell(namespace: Namespace, organisation: Account, actor: User, event: AuditEvent) -> None:
    link = absolute("marketplace:dashboard", seller=organisation.handle)
    context = {"namespace": namespace, "organisation": organisation, "by": actor, "dashboard_url": link}
    for owner in people_of(organisation, roles=MANAGING_ROLES):
        queue_mail(to=owner.email, template="namespace_handed_over", context=context, key=f"namespace-handed-over:{event.pk}:{owner.pk}")
