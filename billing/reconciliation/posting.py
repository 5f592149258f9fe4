"""Posting what Stripe has moved and nothing in the shop has made: its own fees, what was topped up, what was done in its dashboard."""

from typing import Final

from django.utils import timezone

from accounts.people.models import User
from audit.services import record_audit, require_reason
from billing.ledger.models import Account, LedgerTransaction
from billing.ledger.postings import Line, Posting, merged
from billing.ledger.services import post
from billing.reconciliation.errors import DifferenceEnded, DifferenceNotPostable, NothingToPost
from billing.reconciliation.locks import lock_difference
from billing.reconciliation.models import Difference, StatementLine
from common.db.locking import locked_transaction
from common.money import Money

AGAINST: Final = (Account.STRIPE_FEE, Account.PAYOUTS, Account.PLATFORM_FEE, Account.REFUNDS)


def post_difference(*, difference: Difference, against: Account, reason: str, actor: User) -> LedgerTransaction:
    """Post a movement that the books lack, once: its key, amount and currency are Stripe's. The difference ends; the next look compares.

    Args:
        difference: one that is missing here.
        against: one of `AGAINST`; what has moved a seller's balance is posted against what is payable to them instead.

    Raises:
        ReasonMissing: no reason.
        DifferenceEnded: it has ended meanwhile.
        DifferenceNotPostable: it is no movement that the books lack.
        NothingToPost: the books have it by now.
    """
    require_reason(reason)
    with locked_transaction():
        locked = lock_difference(difference_id=difference.pk)
        if locked.ended_at is not None:
            raise DifferenceEnded
        if locked.kind != Difference.Kind.MISSING_HERE or locked.line is None:
            raise DifferenceNotPostable
        posted = post([_posting(locked.line, against)])
        if not posted:
            raise NothingToPost
        locked.ended_at, locked.outcome = timezone.now(), f"Posted: {reason}"[:500]
        locked.save(update_fields=["ended_at", "outcome"])
        record_audit(actor=actor, action="difference.posted", target=locked, reason=reason, key=posted[0].key, against=against.value)
    return posted[0]


def _posting(line: StatementLine, against: Account) -> Posting:
    return Posting(
        kind=LedgerTransaction.Kind.BY_HAND,
        key=line.pk,
        lines=_of_a_seller(line) if line.statement.seller_id else _of_ours(line, against),
        happened_at=line.created_at,
        available_at=line.created_at,
        stripe_source_id=line.source_id,
    )


def _of_ours(line: StatementLine, against: Account) -> tuple[Line, ...]:
    amount, fee = line.money, Money(line.fee, line.currency)
    return merged((Line(Account.STRIPE, amount - fee), Line(Account.STRIPE_FEE, fee), Line(against, -amount)))


def _of_a_seller(line: StatementLine) -> tuple[Line, ...]:
    """Whatever moves a seller's balance is theirs, or their debt."""
    seller_id, moved = line.statement.seller_id, Money(line.amount - line.fee, line.currency)
    return merged((Line(Account.STRIPE, moved, seller_id), Line(Account.SELLER_PAYABLE, -moved, seller_id)))
