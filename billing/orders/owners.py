"""Which entitlements are of somebody who has bought a product: said to whoever lets a product grow."""

from uuid import UUID

from django.db.models import Q

from billing.orders.models import Order
from billing.subscriptions.models import Subscription
from marketplace.entitlements.models import Entitlement
from marketplace.growth.selectors import source_finder


@source_finder
def sources_of(product_id: UUID) -> Q:
    """Return the entitlements that orders of the product and subscriptions to it have given; not those for one of its editions."""
    orders = Order.objects.filter(product=product_id, price__edition=None, paid_at__isnull=False).values("pk")
    subscriptions = Subscription.objects.filter(product=product_id, price__edition=None).values("pk")
    ordered = Q(source_kind=Entitlement.Source.ORDER, source_id__in=orders)
    return ordered | Q(source_kind=Entitlement.Source.SUBSCRIPTION, source_id__in=subscriptions)
