"""What a buyer may pull by a subscription: it follows from the periods that were paid, the grace after them, and nothing else."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop

from accounts.people.models import Account
from audit.services import record_audit
from billing.discounts.recurring import whole_terms
from billing.orders.models import Order
from billing.orders.selectors import image_ids_of_order
from billing.payments.paid_time import ENTITLING, paid_time
from billing.refunds.models import Refund
from billing.stripe.payment_data import Subscribed
from billing.subscriptions.locks import lock_subscription
from billing.subscriptions.models import Subscription
from marketplace.entitlements.models import Entitlement
from marketplace.entitlements.services.grants import grant_entitlements, resume_entitlements, revoke_entitlements, suspend_entitlements
from marketplace.growth.models import Growth
from marketplace.images.models import Image
from marketplace.trials.selectors import time_left_when_bought
from marketplace.trials.services.purchases import take_over_trial

_SUBSCRIPTION = Entitlement.Source.SUBSCRIPTION
_NO_TIME = timedelta(0)
OVER = gettext_noop("The paid time of the subscription is over.")
GIVEN_BACK = gettext_noop("A period of it was given back.")
WRITTEN_AT_END = ("end_wanted_at", "end_reason", "due_at", "given_up_at", "attempts")
COPIED = (
    "buyer", "placed_by", "seller", "product", "price", "product_title", "email", "amount", "currency", "application_fee",
    "destination_account_id",
)  # fmt: skip


def begin_subscription(order: Order, subscribed: Subscribed) -> None:
    """Record the subscription that an order's payment has begun, and which period the order pays for. The caller holds the order's lock."""
    order.invoice_id = subscribed.invoice_id
    order.period_start, order.period_end = subscribed.begins_at, subscribed.ends_at
    if order.subscription is not None:
        return
    order.subscription = Subscription.objects.create(
        **{name: getattr(order, name) for name in COPIED} | whole_terms(order, begins_at=subscribed.begins_at),
        stripe_subscription_id=subscribed.subscription_id,
        stripe_customer_id=subscribed.customer_id,
        period_end=subscribed.ends_at,
        due_at=subscribed.ends_at,
    )
    record_audit(actor=order.placed_by, action="subscription.begun", target=order.subscription, buyer=str(order.buyer_id))


def follow_order(order: Order, images: Collection[Image]) -> None:
    """Bring access in line with a period's order that has changed; the caller holds its lock and that of its images, and has saved it.

    Whose bank takes a period back is not charged for the next one: the subscription ends. What a period that is given back means is decided
    only once Stripe was asked, next, for a later one may be paid of which nobody here has heard (`end_if_given_back`).
    """
    subscription = lock_subscription(subscription_id=order.subscription_id)  # type: ignore[arg-type]  # the caller has looked
    if order.state == Order.State.CHARGED_BACK:
        _end_given_back(subscription)
    if order.state == Order.State.REFUNDED and subscription.running:
        # What is read of Stripe at this moment is older than the refund: another revision has it read again.
        subscription.revision += 1
        subscription.due_at, subscription.given_up_at, subscription.attempts = timezone.now(), None, 0
    if order.state in ENTITLING:
        # What this order sold alone: by what another one has paid for, or what has grown since, nothing was bought when its period began.
        bought, of, since = image_ids_of_order(order.pk), subscription, order.period_start
        take_over_trial(product_id=of.product_id, holder=of.buyer, source_id=of.pk, image_ids=bought, paid_since=since)
    bring_access_in_line(subscription, images, now=timezone.now())
    subscription.save(update_fields=["access_until", "part_until", "revision", *WRITTEN_AT_END])


def end_if_given_back(subscription: Subscription) -> bool:
    """Have a subscription end whose last paid period was given back whole; return whether it is to end because of that now.

    Who gets the last period back, or what an upgrade has paid in it, is not charged for the next one. A period before the last one may be
    given back while it goes on. The caller holds its lock, knows all paid periods, and saves it.
    """
    last = subscription.orders.aggregate(ends=Max("period_end"))["ends"]
    given_back = subscription.orders.filter(period_end=last, state=Order.State.REFUNDED).exists()
    return given_back and _end_given_back(subscription)


def _end_given_back(subscription: Subscription) -> bool:
    if wanted := want_end(subscription, GIVEN_BACK):
        record_audit(actor=None, action="subscription.end_wanted", target=subscription, reason=subscription.end_reason)
    return wanted


def want_end(subscription: Subscription, reason: str) -> bool:
    """Have the sweep end a subscription at Stripe, next; return whether nobody has wanted that before. The caller locks and saves it."""
    if not subscription.running or subscription.end_wanted_at is not None:
        return False
    subscription.end_wanted_at = subscription.due_at = timezone.now()
    subscription.end_reason, subscription.given_up_at, subscription.attempts = reason[:500], None, 0
    return True


def bring_access_in_line(subscription: Subscription, images: Iterable[Image], *, now: datetime) -> None:
    """Grant, pause or end what the subscription lets its buyer pull. The caller holds its lock and those of the images, and saves it.

    The rule: access to an image lasts to the end of the last period that was paid for it, and a grace longer while another payment for it
    may come; days that were left of a trial when it began are added. It is paused while a bank decides about a period, or a buyer who gives
    it back waits for that, and ends with a refund of the last one, and with its buyer's account. An image that was taken from its buyer
    alone stays taken.
    """
    periods = subscription.orders.filter(state__in=ENTITLING)
    paid = paid_time(subscription)
    until, grace = paid.until, timedelta(days=settings.LAYERSTORE_SUBSCRIPTION_GRACE_DAYS if _may_be_paid(subscription) else 0)
    left = time_left_when_bought(subscription.pk) if until else _NO_TIME
    until = until and until + grace + left
    subscription.part_until = None
    if until is None or until <= now or _has_left(subscription.buyer):
        subscription.access_until = None
        revoke_entitlements(source_kind=_SUBSCRIPTION, source_id=subscription.pk, reason=OVER)
        return
    subscription.access_until = until
    ends = {key: end and end + left + (grace if key in paid.renewed and end == paid.until else _NO_TIME) for key, end in paid.ends.items()}
    over = {key for key, end in ends.items() if end is None or end <= now}
    subscription.part_until = min((end for end in ends.values() if end and now < end < until), default=None)
    not_given = over | set(_taken(subscription.pk).values_list("image_id", flat=True))
    going_on = [image for image in images if image.pk not in not_given]
    grant_entitlements(holder=subscription.buyer, images=going_on, source_kind=_SUBSCRIPTION, source_id=subscription.pk)
    if over:
        revoke_entitlements(source_kind=_SUBSCRIPTION, source_id=subscription.pk, reason=OVER, image_ids=over)
    undecided = Q(state=Order.State.DISPUTED) | Q(refunds__state=Refund.State.WAITING, refunds__origin=Refund.Origin.BUYER)
    change = suspend_entitlements if periods.filter(undecided).exists() else resume_entitlements
    change(source_kind=_SUBSCRIPTION, source_id=subscription.pk)


def given_image_ids(subscription_id: UUID) -> set[UUID]:
    """Return the images that the subscription has given, now or while it was paid, and that go on with it: also what it has grown by.

    What its product grew by while nothing was paid counts too, for whoever pays late. What was taken from its buyer for another reason than
    the end of the paid time is not given again.
    """
    taken = _taken(subscription_id).values("image")
    given = Entitlement.objects.filter(source_kind=_SUBSCRIPTION, source_id=subscription_id).exclude(image__in=taken)
    begun = Subscription.objects.filter(pk=subscription_id, product=OuterRef("product"), created_at__lte=OuterRef("created_at"))
    grown = Growth.objects.filter(Exists(begun.filter(price__edition=None)), image__freed_at=None).exclude(image__in=taken)
    return set(given.values_list("image_id", flat=True)).union(grown.values_list("image_id", flat=True))


def _taken(subscription_id: UUID) -> QuerySet[Entitlement]:
    """Return what was taken from a subscription's buyer for another reason than the end of the paid time."""
    ended = Entitlement.objects.filter(source_kind=_SUBSCRIPTION, source_id=subscription_id, revoked_at__isnull=False)
    return ended.exclude(revocation_reason=OVER)


def _has_left(account: Account) -> bool:
    """Whether the person was forgotten, or the organisation closed: nobody is granted anything again."""
    return account.closed_at is not None or (account.user is not None and account.user.deleted_at is not None)


def _may_be_paid(subscription: Subscription) -> bool:
    """Whether Stripe will charge, or try to charge, for another period."""
    charged = subscription.state in {Subscription.State.ACTIVE, Subscription.State.PAST_DUE}
    return charged and not subscription.ends_with_period and subscription.end_wanted_at is None
