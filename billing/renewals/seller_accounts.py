"""To which account at Stripe renewals are paid: the one that the seller has now. Without one, a subscription is not renewed."""

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop

from audit.services import record_audit
from billing.renewals.mails import queue_ending_mail
from billing.stripe.regions import in_another_region
from billing.stripe.subscriptions import SubscriptionFacts, set_destination, set_ending
from billing.subscriptions.locks import lock_subscription
from billing.subscriptions.models import Subscription
from common.db.locking import locked_transaction

_State = Subscription.State
_NO_ACCOUNT: Final = gettext_noop("Its seller cannot be paid through Stripe at present. Once that has changed, it can be kept.")
NEVER_PAID: Final = gettext_noop("Its seller cannot be paid through Stripe, so its next period was not charged.")
# A seller who changes accounts loses nobody; and a buyer reads in time that it ends.
PATIENCE: Final = timedelta(days=3)


def follow_seller(subscription: Subscription, facts: SubscriptionFacts, *, now: datetime) -> bool:
    """Have renewals paid to the account that the seller has now; while there is none, not renewed, which its buyer reads three days before.

    Nothing is done at Stripe inside of a transaction. If this dies after Stripe was told, the next call does the same again.

    Returns:
        Whether anything changed: then Stripe is to be asked again how it stands.

    Raises:
        StripeAway, StripeRefused: nothing was written; the sweep goes on, and staff see why.
    """
    seller = subscription.seller
    if subscription.pays_seller or facts.status != "active" or subscription.end_wanted_at is not None:
        return False
    if seller.can_be_paid:
        account = str(seller.stripe_account_id)
        abroad = in_another_region(seller.stripe_country, ours=settings.LAYERSTORE_STRIPE_COUNTRY)
        set_destination(subscription.stripe_subscription_id, destination=account, on_behalf_of_seller=abroad)
        _write(subscription, account)
        return True
    if subscription.ends_with_period or facts.period_end - PATIENCE > now:
        return False
    set_ending(subscription.stripe_subscription_id, ends=True)
    _write_ending(subscription)
    return True


def _write(subscription: Subscription, account: str) -> None:
    with locked_transaction():
        row = lock_subscription(subscription_id=subscription.pk)
        before, row.destination_account_id, row.revision = row.destination_account_id, account, row.revision + 1
        row.save(update_fields=["destination_account_id", "revision"])
        record_audit(actor=None, action="subscription.account_changed", target=row, before=before, now=account)


def _write_ending(subscription: Subscription) -> None:
    with locked_transaction():
        row = lock_subscription(subscription_id=subscription.pk)
        row.ends_with_period, row.revision = True, row.revision + 1
        row.save(update_fields=["ends_with_period", "revision"])
        event = record_audit(actor=None, action="subscription.canceled", target=row, reason=_NO_ACCOUNT)
        queue_ending_mail(row, reason=_NO_ACCOUNT, key=str(event.pk))


def bring_forward_moved() -> None:
    """Have the sweep look at once at the subscriptions of whose seller's account something is to be told to Stripe.

    One that was tried before keeps its turn: it is put off like any other that fails.
    """
    now, payable = timezone.now(), Q(seller__charges_enabled=True, seller__payouts_enabled=True, seller__stripe_account_id__isnull=False)
    to_tell = payable | Q(ends_with_period=False, period_end__lte=now + PATIENCE)
    active = _elsewhere().filter(to_tell, state=_State.ACTIVE, attempts=0, due_at__gt=now)
    active.update(due_at=now)


def never_paid() -> QuerySet[Subscription]:
    """Return those whose open payment would go to an account that their seller no longer has, for days: no card can pay it."""
    failed = (_State.PAST_DUE, _State.UNPAID)
    return _elsewhere().filter(state__in=failed, failed_at__lte=timezone.now() - PATIENCE)


def _elsewhere() -> QuerySet[Subscription]:
    moved = ~Q(destination_account_id=F("seller__stripe_account_id"))
    return Subscription.objects.running().filter(moved, end_wanted_at__isnull=True, seller__suspended_at__isnull=True)
