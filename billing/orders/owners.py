"""Which entitlements are of which product that somebody bought: said to whoever lets a product grow, and to the library."""

from collections.abc import Collection, Iterable
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from billing.orders.models import Order
from billing.subscriptions.models import Subscription
from marketplace.entitlements.models import Entitlement
from marketplace.growth.models import Growth
from marketplace.growth.selectors import late_finder, source_finder
from marketplace.library.products import finds_products_of


@source_finder
def sources_of(product_id: UUID) -> Q:
    """Return the entitlements that orders of the product and subscriptions to it have given; not those for one of its editions."""
    orders = Order.objects.filter(product=product_id, price__edition=None, paid_at__isnull=False).values("pk")
    subscriptions = Subscription.objects.filter(product=product_id, price__edition=None).values("pk")
    ordered = Q(source_kind=Entitlement.Source.ORDER, source_id__in=orders)
    return ordered | Q(source_kind=Entitlement.Source.SUBSCRIPTION, source_id__in=subscriptions)


@late_finder
def late_subscribers(product_id: UUID, image: UUID | OuterRef) -> QuerySet[Subscription]:
    """Return the subscriptions to the product that go on, give nothing now, and would not give the image once they are paid.

    What their product grew by since they began they get then (`given_image_ids`); what was taken from their buyer they do not get again.
    """
    of_subscription = Entitlement.objects.filter(source_kind=Entitlement.Source.SUBSCRIPTION, source_id=OuterRef("pk"), image=image)
    grown = Growth.objects.filter(product=product_id, image=image, created_at__gte=OuterRef("created_at"))
    late = Subscription.objects.running().filter(product=product_id, price__edition=None, access_until=None, end_wanted_at=None)
    return late.filter(~Exists(of_subscription), ~Exists(grown))


@finds_products_of(Entitlement.Source.ORDER)
def products_of_orders(order_ids: Collection[UUID]) -> Iterable[tuple[UUID, UUID]]:
    """Return the id of each of the orders with that of what it bought."""
    return Order.objects.filter(pk__in=order_ids).values_list("pk", "product_id")


@finds_products_of(Entitlement.Source.SUBSCRIPTION)
def products_of_subscriptions(subscription_ids: Collection[UUID]) -> Iterable[tuple[UUID, UUID]]:
    """Return the id of each of the subscriptions with that of what it is to."""
    return Subscription.objects.filter(pk__in=subscription_ids).values_list("pk", "product_id")
