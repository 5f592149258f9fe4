"""Nightly reconciliation of each balance at Stripe with the books, and what staff do about differences."""

import logging
from datetime import datetime

from django.utils import timezone

from accounts.people.models import User
from accounts.sellers.models import FormerStripeAccount, SellerProfile
from audit.services import record_audit, require_reason
from billing.reconciliation.backoffs import next_night
from billing.reconciliation.comparing import compare
from billing.reconciliation.errors import DifferenceEnded
from billing.reconciliation.locks import lock_difference, lock_statement
from billing.reconciliation.models import Difference, Statement, StatementLine
from billing.reconciliation.reading import read_on
from billing.stripe.errors import StripeAccountGone
from common.db.claims import put_back, try_again
from common.db.locking import locked_transaction

logger = logging.getLogger(__name__)


def add_statements() -> None:
    """Make sure that our own balance and each account of a seller has a statement; look every night for one that was closed and is back."""
    sellers = SellerProfile.objects.exclude(stripe_account_id=None).values_list("stripe_account_id", "pk")
    current = {account: seller for account, seller in sellers if account}
    former = dict(FormerStripeAccount.objects.values_list("pk", "seller"))
    known = set(Statement.objects.values_list("account_id", flat=True))
    wanted = [("", None), *(former | current).items()]
    Statement.objects.bulk_create(
        [Statement(account_id=account, seller_id=seller) for account, seller in wanted if account not in known], ignore_conflicts=True
    )
    back = Statement.objects.filter(closed_at__isnull=False, account_id__in=current, due_at__lte=timezone.now())
    back.update(closed_at=None)


def reconcile_statement(statement: Statement) -> None:
    """Read a statement on; once its end is reached, compare it with the books. One that is not done comes again after others that are due.

    Raises:
        StripeAway, StripeRefused: what was read is kept.
    """
    try:
        finished = read_on(statement)
    except StripeAccountGone:
        _close(statement)
        return
    if not finished:
        put_back([statement])
        return
    statement.read_until, statement.began_at, statement.cursor = statement.began_at, None, ""
    statement.save(update_fields=["read_until", "began_at", "cursor"])
    _finish(statement, now=timezone.now())


def _finish(statement: Statement, *, now: datetime) -> None:
    new = compare(statement, now=now)
    statement.compared_at, statement.attempts, statement.last_error, statement.due_at = now, 0, "", next_night(now)
    statement.save(update_fields=["compared_at", "attempts", "last_error", "due_at"])
    if new:
        logger.error("books differ from Stripe's", extra={"account": str(statement), "differences": new})


def _close(statement: Statement) -> None:
    """Stop asking about an account that is not connected to us any more; what was read of it is compared all the same."""
    now = timezone.now()
    statement.closed_at, statement.began_at, statement.cursor, statement.attempts, statement.due_at = now, None, "", 0, next_night(now)
    statement.save(update_fields=["closed_at", "began_at", "cursor", "attempts", "due_at"])
    compare(statement, now=now)
    logger.warning("statement closed, the account is not connected", extra={"account": str(statement)})


def explain_difference(*, difference: Difference, reason: str, actor: User) -> Difference:
    """End a difference that is as it should be, with the reason; it is not reported again.

    Raises:
        ReasonMissing: no reason.
        DifferenceEnded: it has ended meanwhile.
    """
    require_reason(reason)
    with locked_transaction():
        locked = lock_difference(difference_id=difference.pk)
        if locked.ended_at is not None:
            raise DifferenceEnded
        locked.ended_at, locked.outcome = timezone.now(), f"Explained: {reason}"[:500]
        locked.save(update_fields=["ended_at", "outcome"])
        if locked.line_id and not Difference.objects.filter(line=locked.line_id, ended_at=None).exists():
            StatementLine.objects.filter(pk=locked.line_id).update(agreed_at=locked.ended_at)
        record_audit(actor=actor, action="difference.explained", target=locked, reason=reason)
    return locked


def read_again(*, statement: Statement, reason: str, actor: User) -> None:
    """Have a statement read from its beginning, also one that was given up or closed.

    Raises:
        ReasonMissing: no reason.
    """
    require_reason(reason)
    with locked_transaction():
        locked = lock_statement(statement_id=statement.pk)
        locked.read_until = locked.began_at = locked.closed_at = None
        locked.cursor = ""
        locked.save(update_fields=["read_until", "began_at", "closed_at", "cursor"])
        try_again(locked)
        record_audit(actor=actor, action="statement.read_again", target=locked, reason=reason)
