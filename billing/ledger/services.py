"""Posting: in the transaction of the change that it belongs to, once for each key. Nothing in the books is ever changed."""

from collections.abc import Sequence

from django.utils import timezone

from billing.disputes.models import Dispute
from billing.ledger.errors import EntriesDoNotBalance
from billing.ledger.models import Account, LedgerEntry, LedgerTransaction
from billing.ledger.postings import Causes, Line, Posting, balances, posting_of
from billing.ledger.selectors import balances_of_dispute, posted_keys
from billing.orders.models import Order
from billing.stripe.movement_data import Movement, MovementKind
from billing.stripe.payment_data import DisputeState, Payment
from common.db.locking import require_atomic
from common.money import Money


def post(postings: Sequence[Posting]) -> list[LedgerTransaction]:
    """Write what is not in the books yet, in the caller's transaction; return it. A key that is there is never posted again.

    The caller holds the lock of whatever the transactions lead to, so that nobody posts the same at the same moment.

    Raises:
        EntriesDoNotBalance: a fault of ours; the database would refuse it as well.
        RuntimeError: no transaction is open.
    """
    require_atomic()
    known = posted_keys(posting.key for posting in postings)
    new = [posting for posting in postings if posting.key not in known and posting.lines]
    for posting in new:
        if not balances(posting.lines):
            raise EntriesDoNotBalance(key=posting.key)
    rows = LedgerTransaction.objects.bulk_create([_row(posting) for posting in new])
    LedgerEntry.objects.bulk_create(
        LedgerEntry(transaction=row, account=line.account, seller_id=line.seller_id, amount=line.money.minor, currency=line.money.currency)
        for row, posting in zip(rows, new, strict=True)
        for line in posting.lines
    )
    return rows


def post_payment(order: Order, payment: Payment) -> list[LedgerTransaction]:
    """Post what Stripe has moved for an order, and what its disputes have come to; note on the order that its sale is in the books.

    The caller holds the order's lock and saves it. Idempotent, in any order of arrival: each movement has Stripe's id as its key.
    """
    if not payment.movements:
        return []
    causes = causes_of(order, payment.movements)
    posted = post([posting_of(movement, causes) for movement in payment.movements])
    for dispute in causes.disputes.values():
        posted += _post_decision(order, dispute)
    if order.booked_at is None and _of_a_sale(order) <= {movement.kind for movement in payment.movements}:
        order.booked_at = timezone.now()
    return posted


def causes_of(order: Order, movements: Sequence[Movement]) -> Causes:
    """Return what the movements of an order's payment lead to. Reads its refunds and disputes."""
    return Causes(
        order=order,
        refunds={refund.stripe_refund_id: refund for refund in order.refunds.all() if refund.stripe_refund_id},
        disputes={dispute.pk: dispute for dispute in order.disputes.all()},
        charge_available_at=next((each.available_at for each in movements if each.kind is MovementKind.CHARGE), None),
    )


def _of_a_sale(order: Order) -> set[MovementKind]:
    """Return what Stripe moves for each sale. Of some ways to pay it says so later than that the order is paid."""
    return {MovementKind.CHARGE, MovementKind.TRANSFER} | ({MovementKind.APPLICATION_FEE} if order.application_fee else set())


def _post_decision(order: Order, dispute: Dispute) -> list[LedgerTransaction]:
    """Move what a bank holds to what is lost once it has decided so, and back if it has to decide once more."""
    lost = dispute.state is DisputeState.LOST
    source, target = (Account.DISPUTES_HELD, Account.DISPUTES_LOST) if lost else (Account.DISPUTES_LOST, Account.DISPUTES_HELD)
    misplaced = balances_of_dispute(dispute.pk).get(source, [])
    if not misplaced:
        return []
    now, number = timezone.now(), dispute.ledger_transactions.filter(kind=LedgerTransaction.Kind.DISPUTE_DECIDED).count()
    lines = tuple(line for money in misplaced for line in _moved(money, source, target))
    return post(
        [
            Posting(
                kind=LedgerTransaction.Kind.DISPUTE_DECIDED,
                key=f"{dispute.pk}:decided:{number + 1}",
                lines=lines,
                happened_at=now,
                available_at=now,
                order=order,
                dispute=dispute,
                stripe_source_id=dispute.pk,
            )
        ]
    )


def _moved(money: Money, source: Account, target: Account) -> list[Line]:
    return [Line(source, -money), Line(target, money)]


def _row(posting: Posting) -> LedgerTransaction:
    return LedgerTransaction(
        kind=posting.kind,
        key=posting.key,
        stripe_source_id=posting.stripe_source_id,
        counterpart_id=posting.counterpart_id or None,
        order=posting.order,
        refund=posting.refund,
        dispute=posting.dispute,
        payout=posting.payout,
        happened_at=posting.happened_at,
        available_at=posting.available_at,
        entry_count=len(posting.lines),
    )
