"""Payouts: brought in line with Stripe, and posted in the same transaction.

payout      balance at Stripe −   payouts +             on its way to the bank
paid        payouts −             payable to seller +   only of a seller; what goes to our own bank stays in payouts
came back   balance at Stripe +   payouts −

Of a debit, which Stripe takes from a bank for a balance below zero, the amount is below zero, and every sign is the other one.
"""

from uuid import UUID

from django.db.models import Sum
from django.utils import timezone

from billing.ledger.models import Account, LedgerEntry, LedgerTransaction
from billing.ledger.postings import Line, Posting, merged
from billing.ledger.services import post
from billing.payouts.locks import lock_payout
from billing.payouts.mails import tell_of_returned_payout
from billing.payouts.models import Payout
from billing.payouts.selectors import seller_of_account
from billing.stripe.movement_data import Movement
from billing.stripe.payouts import StripePayout, read_payout
from common.db.locking import locked_transaction
from common.money import Money

PAID, FAILED = "paid", "failed"
_LATER = {"pending": 0, "in_transit": 1, "paid": 2, "canceled": 3, "failed": 3}  # one that was paid may still come back


def reconcile_payout(*, payout_id: str, account_id: str) -> Payout | None:
    """Bring a payout in line with what Stripe says of it now, and post what it has moved. Idempotent.

    Of two observations at once the one that is further along stays: a payout never goes back to an earlier state.

    Args:
        account_id: from whose balance; empty for our own.

    Returns:
        The payout, or None if the account is nobody's here.

    Raises:
        StripeAway, StripeRefused: nothing is known.
    """
    seller_id = seller_of_account(account_id) if account_id else None
    if account_id and seller_id is None:
        return None
    seen = read_payout(payout_id, account_id=account_id)
    with locked_transaction():
        payout = _written(seen, seller_id, account_id)
        post([_posting_of(movement, payout) for movement in seen.movements])
        _post_arrival(payout)
    return payout


def _written(seen: StripePayout, seller_id: UUID | None, account_id: str) -> Payout:
    row = Payout(
        id=seen.stripe_id,
        seller_id=seller_id,
        stripe_account_id=account_id,
        status=seen.status,
        amount=seen.amount.minor,
        currency=seen.amount.currency,
        failure=seen.failure[:500],
        created_at=seen.created_at,
        arrives_at=seen.arrives_at,
    )
    Payout.objects.bulk_create([row], ignore_conflicts=True)
    payout = lock_payout(payout_id=seen.stripe_id)
    if _LATER.get(seen.status, 1) >= _LATER.get(payout.status, 1):
        payout.status, payout.failure, payout.arrives_at = row.status, row.failure, row.arrives_at
    payout.attempts, payout.last_error, payout.given_up_at = 0, "", None  # Stripe has answered
    payout.save(update_fields=["status", "failure", "arrives_at", "attempts", "last_error", "given_up_at"])
    if payout.status == FAILED:
        tell_of_returned_payout(payout=payout)
    return payout


def _posting_of(movement: Movement, payout: Payout) -> Posting:
    seller_id = payout.seller_id
    fee = Line(Account.SELLER_PAYABLE, movement.fee, seller_id) if seller_id else Line(Account.STRIPE_FEE, movement.fee)
    return Posting(
        kind=LedgerTransaction.Kind(movement.kind.value),
        key=movement.stripe_id,
        lines=merged([Line(Account.STRIPE, movement.net, seller_id), fee, Line(Account.PAYOUTS, -movement.amount, seller_id)]),
        happened_at=movement.happened_at,
        available_at=movement.available_at,
        payout=payout,
        stripe_source_id=movement.source_id,
    )


def _post_arrival(payout: Payout) -> None:
    """Settle with the seller what has arrived at their bank, and take that back if it came back after all."""
    if payout.seller_id is None:
        return
    arrivals = LedgerEntry.objects.filter(
        transaction__payout=payout, transaction__kind=LedgerTransaction.Kind.PAYOUT_PAID, account=Account.SELLER_PAYABLE
    )
    settled = arrivals.aggregate(sum=Sum("amount", default=0))["sum"]
    left = Money((payout.amount if payout.status == PAID else 0) - settled, payout.currency)
    now = timezone.now()
    lines = merged([Line(Account.PAYOUTS, -left, payout.seller_id), Line(Account.SELLER_PAYABLE, left, payout.seller_id)])
    key = f"{payout.pk}:{PAID}:{arrivals.count() + 1}"
    post([Posting(LedgerTransaction.Kind.PAYOUT_PAID, key, lines, now, now, payout=payout, stripe_source_id=payout.pk)])
