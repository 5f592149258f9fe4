"""What a buyer does with a subscription: cancel, go on, change the card. Stripe is asked first; then it is brought in line like always."""

from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop

from accounts.organisations.buying import require_buyer
from accounts.people.models import User
from audit.services import record_audit, require_reason
from billing.orders.selectors import sold_in_last_period
from billing.payments.periods import OVER, WRITTEN_AT_END, bring_access_in_line, given_image_ids, want_end
from billing.renewals.mails import queue_ending_mail
from billing.renewals.reconcile import reconcile_subscription
from billing.renewals.seller_accounts import NEVER_PAID, never_paid
from billing.stripe.subscriptions import portal_address, set_ending
from billing.subscriptions.errors import EndsAlready, SellerNotPaid, SubscriptionEnded
from billing.subscriptions.locks import lock_subscription
from billing.subscriptions.models import Subscription
from common.db.claims import try_again
from common.db.locking import locked_transaction
from common.db.row_failures import act_on_each
from common.web.links import absolute
from marketplace.entitlements.models import Entitlement
from marketplace.entitlements.services.grants import revoke_entitlements
from marketplace.images.locks import lock_images
from marketplace.images.models import Image
from marketplace.products.models import Product

_AT_ONCE: Final = 500  # a run stays far below the time limit; the next one goes on
_STOPPED = gettext_noop("Its seller, its product or an image in it was stopped.")


def set_renewal(*, subscription: Subscription, renews: bool, actor: User) -> Subscription:
    """Have the subscription end with its period, or go on after it. The same again changes nothing.

    Raises:
        NoSuchOrganisation, RoleDoesNotBuy: the actor does not buy for its buyer.
        SubscriptionEnded: it has ended.
        SellerNotPaid: it cannot go on while its seller has no account at Stripe.
        StripeAway, StripeRefused: nothing was changed.
    """
    require_buyer(actor, subscription.buyer)
    if not subscription.running or subscription.end_wanted_at is not None:
        raise SubscriptionEnded
    if renews and not subscription.pays_seller and not subscription.seller.can_be_paid:
        raise SellerNotPaid
    set_ending(subscription.stripe_subscription_id, ends=not renews)
    action = "subscription.resumed" if renews else "subscription.canceled"
    record_audit(actor=actor, action=action, target=subscription)
    return reconcile_subscription(subscription_id=subscription.pk)


def card_address(*, subscription: Subscription, actor: User) -> str:
    """Return the address at Stripe where the buyer changes the card and pays what is open.

    Raises:
        NoSuchOrganisation, RoleDoesNotBuy: the actor does not buy for its buyer.
        StripeAway, StripeRefused: there is none now.
    """
    require_buyer(actor, subscription.buyer)
    return portal_address(subscription.stripe_customer_id, return_url=absolute("billing:subscriptions"))


def ask_again(*, subscription: Subscription, reason: str, actor: User) -> None:
    """Have the sweep ask Stripe about the subscription next, with all its attempts before it again, even if it was given up.

    Raises:
        ReasonMissing: no reason.
    """
    require_reason(reason)
    with locked_transaction():
        row = lock_subscription(subscription_id=subscription.pk)
        try_again(row)
        record_audit(actor=actor, action="subscription.asked_again", target=row, reason=reason)


def end_now(*, subscription: Subscription, reason: str, actor: User) -> None:
    """Have the subscription end at once, which its buyer reads with the reason. Nothing is charged again.

    What is paid stays paid, and can be pulled to the end of its period; who is to have it back gets a refund of that period.

    Raises:
        ReasonMissing: no reason.
        SubscriptionEnded: it has ended, or is being ended.
    """
    require_reason(reason)
    with locked_transaction():
        row = lock_subscription(subscription_id=subscription.pk)
        if not want_end(row, reason):
            raise SubscriptionEnded
        row.save(update_fields=WRITTEN_AT_END)
        record_audit(actor=actor, action="subscription.end_wanted", target=row, reason=reason)


def end_with_period(*, subscription: Subscription, reason: str, actor: User) -> Subscription:
    """Have the subscription not be renewed, by staff. Its buyer reads why by mail, and can take it back as if they had cancelled it.

    Raises:
        ReasonMissing: no reason.
        SubscriptionEnded: it has ended, or is being ended.
        EndsAlready: it is not renewed anyway.
        StripeAway, StripeRefused: nothing was written; repeat it.
    """
    require_reason(reason)
    if not subscription.running or subscription.end_wanted_at is not None:
        raise SubscriptionEnded
    if subscription.ends_with_period:
        raise EndsAlready
    set_ending(subscription.stripe_subscription_id, ends=True)
    after = reconcile_subscription(subscription_id=subscription.pk)
    with locked_transaction():
        event = record_audit(actor=actor, action="subscription.canceled", target=after, reason=reason)
        queue_ending_mail(after, reason=reason, key=str(event.pk))
    return after


def end_stopped_subscriptions() -> int:
    """Have subscriptions end whose seller, product or image was stopped, or whose open payment can never be made; return how many.

    The sweep then asks Stripe.
    """
    stopped = act_on_each(_stopped(), partial(_stop, reason=_STOPPED), most=_AT_ONCE)
    return stopped + act_on_each(never_paid(), partial(_stop, reason=NEVER_PAID), most=_AT_ONCE)


def _stop(subscription_id: UUID, *, reason: str) -> bool:
    with locked_transaction():
        row = lock_subscription(subscription_id=subscription_id)
        if wanted := want_end(row, reason):
            row.save(update_fields=WRITTEN_AT_END)
            record_audit(actor=None, action="subscription.end_wanted", target=row, reason=reason)
    return wanted


def _stopped() -> QuerySet[Subscription]:
    unusable = sold_in_last_period().filter(image__in=Image.objects.unusable(), order__subscription=OuterRef("pk"))
    stopped = Q(seller__suspended_at__isnull=False) | Q(product__state=Product.State.SUSPENDED) | Exists(unusable)
    return Subscription.objects.running().filter(stopped, end_wanted_at__isnull=True)


def end_lapsed_access() -> int:
    """End what subscriptions let their buyers pull once the paid time and the grace are over, also while Stripe is away."""
    now = timezone.now()
    lapsed = Subscription.objects.filter(Q(access_until__lte=now) | Q(part_until__lte=now))
    return act_on_each(lapsed, partial(_end_access, now=now), most=_AT_ONCE)


def _end_access(subscription_id: UUID, *, now: datetime) -> bool:
    with locked_transaction():
        images = lock_images(image_ids=given_image_ids(subscription_id))
        row = lock_subscription(subscription_id=subscription_id)
        over, part = (end is not None and end <= now for end in (row.access_until, row.part_until))
        if over:
            row.access_until = row.part_until = None
            revoke_entitlements(source_kind=Entitlement.Source.SUBSCRIPTION, source_id=row.pk, reason=OVER)
        elif part:
            bring_access_in_line(row, images, now=now)
        row.save(update_fields=["access_until", "part_until"])
    return over or part
