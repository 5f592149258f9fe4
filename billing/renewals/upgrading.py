"""A buyer changes to a larger edition: shown first, charged once, and theirs when it is paid."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone

from accounts.organisations.buying import keep_buyer
from accounts.people.models import User
from accounts.sellers.selectors import fee_of
from audit.services import record_audit
from billing.renewals.editions import Choice, require_change, require_going_on
from billing.renewals.reconcile import reconcile_subscription
from billing.renewals.upgrade_payments import continue_upgrade
from billing.stripe.checkout import fee_by_percent
from billing.stripe.upgrades import Difference, preview_difference
from billing.subscriptions.errors import EditionNotForSubscription, TooLittleToCharge, UpgradeCostsOther, UpgradeUnderWay
from billing.subscriptions.locks import lock_subscription
from billing.subscriptions.models import Subscription
from billing.subscriptions.terms import next_terms
from billing.subscriptions.upgrade_models import Upgrade
from common.currencies import CURRENCIES
from common.db.locking import locked_transaction, translate_violation
from common.money import Money
from marketplace.products.models import Price

State = Upgrade.State
LONGEST_SHOWN: Final = timedelta(hours=1)  # what was shown before that is worked out again


@dataclass(frozen=True, slots=True)
class UpgradeOffer:
    """What a larger edition costs whoever confirms it now.

    Attributes:
        at: from when the rest of the period is counted: what is confirmed with it costs the same.
        renews_at: when the first whole period of it is charged.
    """

    choice: Choice
    at: datetime
    charge: Money
    charge_fee: Money
    renews_at: datetime


def offer_upgrade(*, subscription: Subscription, price: Price, actor: User, at: datetime | None = None) -> UpgradeOffer:
    """Return what the larger edition costs now, as Stripe works it out. Nothing is changed.

    Args:
        at: when it was shown first; not before the last hour, or it counts from now.

    Raises:
        what `require_change` raises; EditionNotForSubscription also for a smaller one.
        TooLittleToCharge: the difference comes to less than Stripe charges.
        UpgradeCostsOther: Stripe's subscription is not what ours says: it is brought in line, and can be looked at again.
        StripeAway, StripeRefused: nothing is known.
    """
    choice = require_change(subscription=subscription, price=price, actor=actor)
    if not choice.larger:
        raise EditionNotForSubscription
    now = timezone.now()
    moment = (at if at and now - LONGEST_SHOWN < at <= now else now).replace(microsecond=0)
    found = preview_difference(subscription.stripe_subscription_id, price=choice.price.money, at=moment)
    if found.was != subscription.money or found.period_end != subscription.period_end:
        reconcile_subscription(subscription_id=subscription.pk)
        raise UpgradeCostsOther
    return _offer(choice, found)


def _offer(choice: Choice, found: Difference) -> UpgradeOffer:
    if found.charge.minor < max(1, CURRENCIES[found.charge.currency].smallest_charge):
        raise TooLittleToCharge
    return UpgradeOffer(choice, found.at, found.charge, found.fee, found.period_end)


def begin_upgrade(*, subscription: Subscription, price: Price, actor: User, at: datetime, shown: Money) -> Upgrade:
    """Charge the difference to the larger edition as it was shown, and have it be theirs once that is paid. Twice at once is once.

    Returns:
        The upgrade: done, waiting for the buyer to confirm the payment at their bank, or failed with the reason.

    Raises:
        what `offer_upgrade` raises; UpgradeCostsOther also if it costs anything else than what was shown, or was confirmed at that before.
        UpgradeUnderWay: another change is being paid.
        StripeAway: nothing is known; the sweep goes on with it.
    """
    offer = offer_upgrade(subscription=subscription, price=price, actor=actor, at=at)
    if offer.charge != shown or offer.at != at:
        raise UpgradeCostsOther
    with locked_transaction():
        keep_buyer(user=actor, account=subscription.buyer)
        row = lock_subscription(subscription_id=subscription.pk)
        require_going_on(row)
        if next_terms(row) != next_terms(subscription) or row.period_end != offer.renews_at:
            raise UpgradeCostsOther
        if row.upgrades.filter(prorated_at=offer.at).exists():  # by its moment an invoice is known to be an upgrade's
            raise UpgradeCostsOther
        upgrade = _upgrade(row, offer, actor)
        with translate_violation("upgrade_one_open", UpgradeUnderWay()):
            upgrade.save(force_insert=True)
        record_audit(actor=actor, action="subscription.upgrade_asked", target=row, charge=upgrade.charge, price=str(upgrade.price_id))
    return continue_upgrade(upgrade_id=upgrade.pk)


def _upgrade(row: Subscription, offer: UpgradeOffer, actor: User) -> Upgrade:
    price, now = offer.choice.price, timezone.now()
    fee = fee_by_percent(fee_of(price.money, seller_id=row.seller_id, at=now), price.money)
    return Upgrade(
        subscription=row,
        placed_by=actor,
        price=price,
        product_title=offer.choice.title,
        charge=offer.charge.minor,
        charge_fee=offer.charge_fee.minor,
        amount=price.amount,
        application_fee=fee.minor,
        was_price_id=row.price_id,
        was_amount=row.amount,
        was_application_fee=row.application_fee,
        prorated_at=offer.at,
        period_end=offer.renews_at,
        due_at=now,
    )
