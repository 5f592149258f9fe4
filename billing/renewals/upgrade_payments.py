"""An upgrade that was confirmed is charged, and followed until it is paid or given up."""

from contextlib import suppress
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_noop

from accounts.organisations.buying import require_buyer
from accounts.people.models import User
from audit.services import record_audit, require_reason
from billing.renewals.mails import queue_upgrade_failed
from billing.renewals.reconcile import reconcile_subscription
from billing.renewals.repricing import telling_price
from billing.stripe.errors import StripeRefused
from billing.stripe.subscription_prices import set_renewal_price
from billing.stripe.upgrades import DifferenceInvoice, charge_difference, read_difference_invoice, void_difference
from billing.subscriptions.errors import UpgradeNotOpen, UpgradeUnderWay
from billing.subscriptions.locks import lock_subscription, lock_upgrade
from billing.subscriptions.models import Subscription
from billing.subscriptions.terms import next_terms
from billing.subscriptions.upgrade_models import Upgrade
from common.db.claims import try_again
from common.db.locking import locked_transaction
from common.money import Money

State = Upgrade.State
_LOOK_AGAIN: Final = timedelta(minutes=10)
_REFUSED = gettext_noop("Your card was refused, and nothing was charged. Change the card under Card and invoices, then try again.")
_NOT_PAID = gettext_noop("The payment was not confirmed in time, and nothing was charged.")
_GIVEN_UP = gettext_noop("You gave it up before it was paid. Nothing was charged.")
_OVERTAKEN = gettext_noop("The subscription has changed meanwhile, and nothing was charged. Look at it again.")


def continue_upgrade(*, upgrade_id: UUID) -> Upgrade:
    """Go on with an upgrade from wherever it stands at Stripe. Safe any number of times; one process at a time does it.

    Nothing is done while another one tells Stripe what the subscription costs: the sweep goes on.

    Raises:
        StripeAway: nothing is known; the sweep goes on.
        StripeRefused: Stripe does not do it; nothing was charged.
    """
    subscription_id = Upgrade.objects.values_list("subscription", flat=True).get(pk=upgrade_id)
    with telling_price(subscription_id) as ours:
        upgrade = Upgrade.objects.select_related("subscription").get(pk=upgrade_id)
        if not ours or upgrade.state not in Upgrade.OPEN:
            return upgrade
        if not upgrade.invoice_id and not _ask(upgrade):
            return _end_overtaken(upgrade)
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
        if _end_overtaken(upgrade).state == State.FAILED:
            raise
        return False
    upgrade.invoice_id = invoice_id or None
    Upgrade.objects.filter(pk=upgrade.pk, invoice_id=None).update(invoice_id=upgrade.invoice_id)
    return bool(invoice_id)


def _end_overtaken(upgrade: Upgrade) -> Upgrade:
    """Close what Stripe does not charge any more, unless it has by a request whose answer was lost, and something else came since."""
    with suppress(StripeRefused):
        reconcile_subscription(subscription_id=upgrade.subscription_id)
    row = Upgrade.objects.select_related("subscription").get(pk=upgrade.pk)
    return _finish(row) if row.state == State.PAID else _close(row, _OVERTAKEN)


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
        paid = Upgrade.objects.filter(pk=upgrade.pk, state=State.PAID)
        paid.update(state=State.DONE, closed_at=timezone.now(), last_error="")
    return Upgrade.objects.select_related("subscription").get(pk=upgrade.pk)


def _wait(upgrade: Upgrade, pay_url: str) -> Upgrade:
    """The buyer confirms the payment at their bank, and Stripe ends it a day later; look again meanwhile, should no webhook come."""
    changes = {"state": State.UNPAID, "pay_url": pay_url, "due_at": timezone.now() + _LOOK_AGAIN, "attempts": 0}
    Upgrade.objects.filter(pk=upgrade.pk, state__in=(State.ASKED, State.UNPAID)).update(**changes)
    upgrade.refresh_from_db()
    return upgrade


def _void(upgrade: Upgrade, why: str) -> Upgrade:
    """Give it up at Stripe. If it was paid at that moment, it counts; while Stripe leaves it open, it can be paid."""
    void_difference(str(upgrade.invoice_id))
    left = read_difference_invoice(str(upgrade.invoice_id))
    if left.status == "paid":
        return _finish(upgrade)
    return _wait(upgrade, left.pay_url) if left.status == "open" else _close(upgrade, why)


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
        UpgradeUnderWay: somebody else is at it at this moment.
        StripeAway: nothing is known.
    """
    require_buyer(actor, subscription.buyer)
    with telling_price(subscription.pk) as ours:
        upgrade = Upgrade.objects.select_related("subscription").filter(subscription=subscription, state=State.UNPAID).first()
        if upgrade is not None and not ours:
            raise UpgradeUnderWay
        return _void(upgrade, _GIVEN_UP) if upgrade else None


def try_upgrade_again(*, upgrade: Upgrade, reason: str, actor: User) -> None:
    """Have the sweep go on with it next, with all its attempts before it again, even if it was given up.

    Raises:
        ReasonMissing: no reason.
        UpgradeNotOpen: it is done, or failed.
    """
    require_reason(reason)
    with locked_transaction():
        row = lock_upgrade(upgrade_id=upgrade.pk)
        if row.state not in Upgrade.OPEN:
            raise UpgradeNotOpen
        try_again(row)
        record_audit(actor=actor, action="subscription.upgrade_tried_again", target=row, reason=reason)
