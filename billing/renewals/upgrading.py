"""A buyer changes to a larger edition: shown first, charged once, and theirs when it is paid."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_noop

from accounts.organisations.buying import keep_buyer, require_buyer
from accounts.people.models import User
from accounts.sellers.selectors import fee_of
from audit.services import record_audit
from billing.renewals.editions import Choice, require_change, require_going_on
from billing.renewals.mails import queue_upgrade_failed
from billing.renewals.reconcile import reconcile_subscription
from billing.stripe.checkout import fee_by_percent
from billing.stripe.errors import StripeRefused
from billing.stripe.subscription_prices import set_renewal_price
from billing.stripe.upgrades import (
    Difference,
    DifferenceInvoice,
    charge_difference,
    preview_difference,
    read_difference_invoice,
    void_difference,
)
from billing.subscriptions.errors import EditionNotForSubscription, TooLittleToCharge, UpgradeCostsOther, UpgradeUnderWay
from billing.subscriptions.locks import lock_subscription
from billing.subscriptions.models import Subscription
from billing.subscriptions.terms import next_terms
from billing.subscriptions.upgrade_models import Upgrade
from common.currencies import CURRENCIES
from common.db.exclusive import alone
from common.db.locking import locked_transaction, translate_violation
from common.money import Money
from marketplace.products.models import Price

State = Upgrade.State
LONGEST_SHOWN: Final = timedelta(hours=1)  # what was shown before that is worked out again
_LOOK_AGAIN: Final = timedelta(minutes=10)
_REFUSED = gettext_noop("Your card was refused, and nothing was charged. Change the card under Card and invoices, then try again.")
_NOT_PAID = gettext_noop("The payment was not confirmed in time, and nothing was charged.")
_GIVEN_UP = gettext_noop("You gave it up before it was paid. Nothing was charged.")
_OVERTAKEN = gettext_noop("The subscription has changed meanwhile, and nothing was charged. Look at it again.")


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
    return _offer(choice, moment, found)


def _offer(choice: Choice, moment: datetime, found: Difference) -> UpgradeOffer:
    if found.charge.minor < max(1, CURRENCIES[found.charge.currency].smallest_charge):
        raise TooLittleToCharge
    return UpgradeOffer(choice, moment, found.charge, found.fee, found.period_end)


def begin_upgrade(*, subscription: Subscription, price: Price, actor: User, at: datetime, shown: Money) -> Upgrade:
    """Charge the difference to the larger edition as it was shown, and have it be theirs once that is paid. Twice at once is once.

    Returns:
        The upgrade: done, waiting for the buyer to confirm the payment at their bank, or failed with the reason.

    Raises:
        what `offer_upgrade` raises; UpgradeCostsOther also if it costs anything else than what was shown.
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


def continue_upgrade(*, upgrade_id: UUID) -> Upgrade:
    """Go on with an upgrade from wherever it stands at Stripe. Safe any number of times; one process at a time does it.

    Raises:
        StripeAway: nothing is known; the sweep goes on.
        StripeRefused: Stripe does not do it; nothing was charged.
    """
    with alone(f"billing.upgrade:{upgrade_id}") as first:
        upgrade = Upgrade.objects.select_related("subscription").get(pk=upgrade_id)
        if not first or upgrade.state not in Upgrade.OPEN:
            return upgrade
        if not upgrade.invoice_id and not _ask(upgrade):
            return _close(upgrade, _OVERTAKEN)
        return _follow(upgrade, read_difference_invoice(str(upgrade.invoice_id)))


def _ask(upgrade: Upgrade) -> bool:
    """Have Stripe charge the difference; return whether there is an invoice for it."""
    row = upgrade.subscription
    try:
        invoice_id = charge_difference(
            row.stripe_subscription_id,
            key=upgrade.pk,
            price=upgrade.money,
            was=Money(upgrade.was_amount, row.currency),
            period_end=upgrade.period_end,
            at=upgrade.prorated_at,
        )
    except StripeRefused:
        _close(upgrade, _OVERTAKEN)
        raise
    upgrade.invoice_id = invoice_id or None
    Upgrade.objects.filter(pk=upgrade.pk, invoice_id=None).update(invoice_id=upgrade.invoice_id)
    return bool(invoice_id)


def _follow(upgrade: Upgrade, invoice: DifferenceInvoice) -> Upgrade:
    if invoice.status == "paid":
        return _finish(upgrade)
    if invoice.status != "open":
        return _close(upgrade, _NOT_PAID)
    if invoice.holder_needed or upgrade.state == State.UNPAID:
        return _wait(upgrade, invoice.pay_url)
    return _void(upgrade, _REFUSED)


def _finish(upgrade: Upgrade) -> Upgrade:
    """Have the order of what was paid, which grants it, and tell Stripe what our part of later periods is."""
    subscription = reconcile_subscription(subscription_id=upgrade.subscription_id)
    if subscription.running and next_terms(subscription).price_id == upgrade.price_id:
        set_renewal_price(
            subscription.stripe_subscription_id, price=upgrade.money, fee=Money(upgrade.application_fee, subscription.currency)
        )
    with locked_transaction():
        lock_subscription(subscription_id=upgrade.subscription_id)
        row = Upgrade.objects.select_related("subscription").get(pk=upgrade.pk)
        if row.state == State.PAID:
            row.state, row.closed_at, row.last_error = State.DONE, timezone.now(), ""
            row.save(update_fields=["state", "closed_at", "last_error"])
    return row


def _wait(upgrade: Upgrade, pay_url: str) -> Upgrade:
    """The buyer confirms the payment at their bank, and Stripe ends it a day later; look again meanwhile, should no webhook come."""
    changes = {"state": State.UNPAID, "pay_url": pay_url, "due_at": timezone.now() + _LOOK_AGAIN, "attempts": 0}
    Upgrade.objects.filter(pk=upgrade.pk, state__in=(State.ASKED, State.UNPAID)).update(**changes)
    upgrade.refresh_from_db()
    return upgrade


def _void(upgrade: Upgrade, why: str) -> Upgrade:
    """Give it up at Stripe. If it was paid at that moment, it counts."""
    void_difference(str(upgrade.invoice_id))
    paid = read_difference_invoice(str(upgrade.invoice_id)).status == "paid"
    return _finish(upgrade) if paid else _close(upgrade, why)


def _close(upgrade: Upgrade, why: str) -> Upgrade:
    """Write that nothing came of it; whoever does not see that on the page reads it in a mail."""
    with locked_transaction():
        subscription = lock_subscription(subscription_id=upgrade.subscription_id)
        row = Upgrade.objects.get(pk=upgrade.pk)
        if row.state not in {State.ASKED, State.UNPAID}:
            return row
        unseen = row.state == State.UNPAID and why == _NOT_PAID
        row.state, row.closed_at, row.why_failed, row.pay_url = State.FAILED, timezone.now(), why, ""
        row.save(update_fields=["state", "closed_at", "why_failed", "pay_url"])
        record_audit(actor=None, action="subscription.upgrade_failed", target=subscription, reason=why)
        if unseen:
            queue_upgrade_failed(row)
    return row


def give_up_upgrade(*, subscription: Subscription, actor: User) -> Upgrade | None:
    """Give up an upgrade that waits for the buyer's bank; None if none does. If it is paid at that moment, it counts.

    Raises:
        NoSuchOrganisation, RoleDoesNotBuy: the actor does not buy for its buyer.
        StripeAway: nothing is known.
    """
    require_buyer(actor, subscription.buyer)
    upgrade = Upgrade.objects.select_related("subscription").filter(subscription=subscription, state=State.UNPAID).first()
    return _void(upgrade, _GIVEN_UP) if upgrade else None
