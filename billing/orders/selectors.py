"""Whose orders are whose, and who holds what."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from accounts.organisations.buying import buyers_of
from accounts.people.models import Account, User
from accounts.sellers.models import SellerProfile
from billing.orders.models import Order, OrderImage
from billing.orders.state import RELEASED
from billing.stripe.payment_data import DisputeState
from billing.subscriptions.models import Subscription
from marketplace.entitlements.models import Entitlement
from marketplace.entitlements.policy import Action, Subject, allowed_actions
from marketplace.images.selectors.tags import leading_tags, pull_reference


def orders_of_buyers(accounts: Collection[Account]) -> QuerySet[Order]:
    """Return the accounts' purchases, newest first, with what a page shows of them; a fixed number of queries."""
    return _listed(Order.objects.filter(buyer__in=accounts))


def orders_seen_by(user: User) -> QuerySet[Order]:
    """Return the purchases of the user and of the organisations they buy for, with everything that an order's own page shows.

    A purchase belongs to its buyer: whoever placed it and has left the organisation no longer sees it.
    """
    return _related(Order.objects.filter(buyer__in=buyers_of(user))).prefetch_related(
        "images__image", "refunds", "documents", "credits__earlier"
    )


def orders_of_seller(seller: SellerProfile) -> QuerySet[Order]:
    """Return the seller's sales, newest first: everything that was ever paid, with what a page shows of them."""
    return _listed(Order.objects.filter(seller=seller, paid_at__isnull=False)).prefetch_related("documents")


def sales_seen_by(user: User) -> QuerySet[Order]:
    """Return what was sold and paid of the user's, and of organisations whose money they see."""
    return Order.objects.filter(seller__in=[account.pk for account in buyers_of(user)], paid_at__isnull=False)


def _listed(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Do not load what no list shows: digests, refunds, and Stripe's long addresses."""
    return _related(orders).defer("checkout_url").prefetch_related(Prefetch("images", OrderImage.objects.defer("digests")))


def _related(orders: QuerySet[Order]) -> QuerySet[Order]:
    return orders.select_related("buyer", "placed_by", "seller", "product__namespace")


def pending_order(*, account: Account, product_id: UUID) -> Order | None:
    """Return the one order with which the account is buying the product right now."""
    return Order.objects.filter(buyer=account, product=product_id, state=Order.State.PENDING).first()


def image_ids_of_order(order_id: UUID) -> set[UUID]:
    """Return the images that an order sold; they never change."""
    return set(OrderImage.objects.filter(order=order_id).values_list("image_id", flat=True))


def source_of(order: Order) -> tuple[Entitlement.Source, UUID]:
    """Return what grants access because of an order: the order itself, or the subscription of whose periods it is one."""
    return (Entitlement.Source.SUBSCRIPTION, order.subscription_id) if order.subscription_id else (Entitlement.Source.ORDER, order.pk)


def image_ids_given_by(order: Order) -> set[UUID]:
    """Return the images that somebody has, or had, because of an order.

    They are what it sold, by what that has grown since, and what a later purchase gave for which it was credited and nothing was paid.
    """
    kind, key = source_of(order)
    given = Entitlement.objects.filter(source_kind=kind, source_id=key).values_list("image_id", flat=True)
    images, later = {sold.image_id for sold in order.images.all()} | set(given), credited_for(order)
    return images | image_ids_given_by(later) if later and not later.amount else images


def holds_all(*, account: Account, image_ids: Collection[UUID], besides: Collection[UUID] = (), paid: bool = False) -> bool:
    """Whether the account holds each of the images because of something else than the sources `besides`: orders or subscriptions.

    What a dispute suspends counts as held: it comes back or is revoked for good, and it is not sold a second time meanwhile. What ends
    by itself does not count: it can be bought.

    Args:
        paid: only what was paid for counts, and not what a purchase has grown by.
    """
    entitlements = Entitlement.objects.for_good().filter(holder=account, image__in=image_ids)
    if paid:
        sold = OrderImage.objects.filter(image=OuterRef("image"), order__buyer=account, order__amount__gt=0)
        ordered = Q(Exists(sold.filter(order=OuterRef("source_id"))), source_kind=Entitlement.Source.ORDER)
        subscribed = Q(Exists(sold.filter(order__subscription=OuterRef("source_id"))), source_kind=Entitlement.Source.SUBSCRIPTION)
        entitlements = entitlements.filter(ordered | subscribed)
    if besides:
        entitlements = entitlements.exclude(source_id__in=besides)
    return set(image_ids) <= set(entitlements.values_list("image_id", flat=True))


def renewing_within(account: Account, image_ids: Collection[UUID]) -> Subscription | None:
    """Return a subscription of the account that goes on being paid, and all of whose images now are among these; None without one."""
    sold = sold_in_last_period().filter(order__subscription=OuterRef("pk"))
    within = Q(Exists(sold)) & ~Q(Exists(sold.exclude(image__in=image_ids)))
    return Subscription.objects.running().filter(within, buyer=account, ends_with_period=False, end_wanted_at=None).first()


def sold_in_last_period() -> QuerySet[OrderImage]:
    """Return what each subscription has sold in its last period that was paid: whoever changes to less does not have the rest any more."""
    later = Order.objects.filter(subscription=OuterRef("order__subscription"), period_end__gt=OuterRef("order__period_end"))
    return OrderImage.objects.filter(~Exists(later))


def stopped_by_dispute(order: Order) -> bool:
    """Whether the buyer's bank holds the order's money or may yet take it: a refund as well would pay the buyer twice."""
    return any(dispute.state is not DisputeState.NONE for dispute in order.disputes.all())


def credited_for(order: Order) -> Order | None:
    """Return the later purchase that the order was credited for, while that is paid or being paid."""
    credit = order.credited.exclude(order__state__in=RELEASED).select_related("order__product__namespace").first()
    return credit.order if credit else None


def kept_because_of(order: Order) -> Order | None:
    """Return the later purchase because of which the order's buyer does not give it back alone: it was credited, and more was paid.

    A purchase for which nothing was paid is passed over: it ends with the order.
    """
    later = credited_for(order)
    return later if later is None or later.amount else kept_because_of(later)


def pulls_of_order(order: Order, user: User) -> list[str]:
    """Return what docker can pull because of an order: references to those of its images that it gives its buyer at this moment.

    What the policy does not let the user pull is left out. What they may pull for another reason alone is not the order's to show.
    """
    kind, key = source_of(order)
    given = Entitlement.objects.in_force().filter(holder=order.buyer, source_kind=kind, source_id=key)
    held = set(given.values_list("image_id", flat=True))
    images = [sold.image for sold in order.images.all() if sold.image_id in held]
    allowed = allowed_actions(subject=Subject.of(user), repositories=[image.repository for image in images])
    tags = leading_tags([image.pk for image in images])
    return [pull_reference(image, tags.get(image.pk)) for image in images if Action.PULL in allowed[image.repository]]
