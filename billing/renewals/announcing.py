"""A seller has a new price count for those who are subscribed already. Each of them is told before their first renewal at it."""

from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.people.models import User
from accounts.sellers.selectors import fee_of
from audit.services import record_audit
from billing.discounts.recurring import off_renewals
from billing.renewals.mails import queue_price_mails
from billing.stripe.checkout import fee_by_percent
from billing.subscriptions.errors import NobodyPaysAnother, PriceNotForSubscriptions
from billing.subscriptions.locks import lock_subscription
from billing.subscriptions.models import Subscription
from billing.subscriptions.months import MONTHS_OF, months_after
from billing.subscriptions.price_models import PriceAnnouncement, PriceChange
from billing.subscriptions.terms import next_terms, terms_before, terms_now
from common.db.locking import locked_transaction
from common.db.row_failures import act_on_each
from marketplace.images.ownership import require_owner
from marketplace.products.locks import lock_product
from marketplace.products.models import Price

TOLD_A_RUN: Final = 500  # the next run goes on


def announce_price(*, price: Price, actor: User) -> PriceAnnouncement:
    """Have a price count for the subscriptions that run, too. They are told by a job; the same again while it does changes nothing.

    Who pays more from then on is told at least LAYERSTORE_PRICE_NOTICE_DAYS before; what is lower counts from the next renewal. A
    subscription that was cancelled is not renewed, and is left alone.

    Raises:
        NotYours, RoleNotEnough: the actor does not decide for its seller.
        PriceNotForSubscriptions: it is retired, or paid once.
        NobodyPaysAnother: no subscription that is renewed costs anything else.
    """
    require_owner(actor, price.product.seller_id)
    with locked_transaction():
        lock_product(product_id=price.product_id)
        found = Price.objects.get(pk=price.pk)
        if found.retired_at is not None or not found.interval:
            raise PriceNotForSubscriptions
        open_one = PriceAnnouncement.objects.filter(price=found, done_at__isnull=True).first()
        if open_one is not None:
            return open_one
        if not at_another_price(found).exists():
            raise NobodyPaysAnother
        announced = PriceAnnouncement.objects.create(price=found, announced_by=actor, notice_days=settings.LAYERSTORE_PRICE_NOTICE_DAYS)
        record_audit(actor=actor, action="price.announced", target=found.product, amount=found.amount, currency=found.currency)
    return announced


def at_another_price(price: Price) -> QuerySet[Subscription]:
    """Return the subscriptions to what a price is for, paid as often and in its currency, that are renewed at another amount as it stands.

    What it is for is one edition, or the whole product: whoever has the one is never charged for the other, nor who has just
    chosen a smaller one. Subscriptions that were sold before the product was handed over pay its former seller, at whose price they stay.
    """
    ahead = PriceChange.objects.open().filter(subscription=OuterRef("pk"))
    same = Subscription.objects.running().filter(product=price.product_id, price__edition=price.edition_id, seller=price.product.seller_id)
    found = same.filter(currency=price.currency, price__interval=price.interval)
    other = Q(Exists(ahead.exclude(price=price))) | (~Q(amount=price.amount) & ~Exists(ahead))
    chosen = PriceChange.objects.open().filter(subscription=OuterRef("pk"), announcement=None)
    return found.filter(other, ~Exists(chosen), ends_with_period=False, end_wanted_at__isnull=True)


def tell_subscribers() -> int:
    """Tell those whose price changes, so many in one run; return how many were told. Each has a transaction of their own."""
    told = 0
    for announced in PriceAnnouncement.objects.filter(done_at__isnull=True).select_related("price__product").order_by("announced_at"):
        left = Subscription.objects.none() if announced.price.retired_at else at_another_price(announced.price)
        told += act_on_each(left, partial(_tell, announced), most=TOLD_A_RUN - told)
        if not left.exists():
            PriceAnnouncement.objects.filter(pk=announced.pk).update(done_at=timezone.now())
    return told


def _tell(announced: PriceAnnouncement, subscription_id: UUID) -> bool:
    with locked_transaction():
        subscription = lock_subscription(subscription_id=subscription_id)
        if not at_another_price(announced.price).filter(pk=subscription_id).exists():
            return False
        PriceChange.objects.open().filter(subscription=subscription).update(state=PriceChange.State.DROPPED)
        change = _change(announced, subscription, timezone.now())
        change.save(force_insert=True)
        record_audit(
            actor=announced.announced_by,
            action="subscription.price_announced",
            target=subscription,
            before=change.was_amount,
            now=change.amount,
            counts_from=change.counts_from.isoformat(),
        )
        queue_price_mails(change)
    return True


def _change(announced: PriceAnnouncement, subscription: Subscription, now: datetime) -> PriceChange:
    price = announced.price
    lowest = min(terms_now(subscription, now).amount, next_terms(subscription).amount)  # a lower one that is still to come was promised
    notice = announced.notice_days if price.amount > lowest else 0
    fee = fee_of(price.money, seller_id=subscription.seller_id, at=now)
    counts_from = first_renewal(subscription.period_end or now, interval=price.interval, not_before=now + timedelta(days=notice))
    was = terms_before(subscription, counts_from, now)
    return PriceChange(
        subscription=subscription,
        announcement=announced,
        price=price,
        amount=price.amount,
        application_fee=fee_by_percent(fee, price.money).minor,
        was_price_id=was.price_id,
        was_amount=was.amount,
        was_application_fee=was.application_fee,
        discount_amount=off_renewals(subscription, price.money, counts_from).minor,
        counts_from=counts_from,
        announced_at=now,
        due_at=now,
    )


def first_renewal(period_end: datetime, *, interval: str, not_before: datetime) -> datetime:
    """Return the first renewal from a moment on, counted from the end of the period that runs.

    After a short month the days of later ones can come out up to three early, never late: no renewal costs more before the day that was
    mailed, for Stripe's own dates are compared with it.
    """
    months, found = 0, period_end
    while found < not_before:
        months += MONTHS_OF[Price.Interval(interval)]
        found = months_after(period_end, months)
    return found
