"""The end of namespaces that nothing ever came of: nothing pushed, nothing sold, nothing drafted, nothing reserved any more."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet

from accounts.sellers.locks import lock_seller
from audit.services import record_audit
from common.db.locking import locked_transaction
from marketplace.locks import lock_namespace
from marketplace.models import Image, Namespace, Product

_AT_ONCE = 1_000  # of one run: the next one goes on


def end_empty_namespaces(*, now: datetime) -> int:
    """Let names of namespaces be chosen again that stood empty for long enough; return how many. Again: nothing.

    Empty: it has no product, and every image that was ever reserved in it is freed. A name is freed only if nothing was pushed to or
    sold under it, by the registry's own word (`marketplace.services.expiry`), so nobody can be deceived by a later owner.
    """
    waiting = list(_empty(now).order_by("created_at").values_list("pk", "owner_id")[:_AT_ONCE])
    return sum(_end(namespace_id, seller_id, now) for namespace_id, seller_id in waiting)


def _empty(now: datetime) -> QuerySet[Namespace]:
    since = now - settings.LAYERSTORE_EMPTY_NAMESPACES_KEPT
    held = Image.objects.filter(namespace=OuterRef("pk")).exclude(freed_at__lt=since)
    sold = Product.objects.filter(namespace=OuterRef("pk"))
    return Namespace.objects.filter(~Exists(held), ~Exists(sold), created_at__lt=since)


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
