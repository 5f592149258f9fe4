"""Reading what Stripe lists of a balance: each page is kept before the next is asked for, so no memory grows and nothing is lost."""

from datetime import timedelta
from time import monotonic
from typing import Final

from django.db import transaction
from django.utils import timezone

from billing.reconciliation.models import Statement, StatementLine
from billing.stripe.statements import StatementPage, StripeLine, read_statement

SLICE_SECONDS: Final = 20.0  # of one account, before others that are due have their turn
OVERLAP: Final = timedelta(days=2)  # read again each time: Stripe's clock is not ours


def read_on(statement: Statement) -> bool:
    """Go on reading a statement, or begin; return whether its end was reached.

    Lines come newest first. What moves while it is being read comes with the next reading, which begins before this one began.

    Raises:
        StripeAway, StripeRefused: what was read is kept, and the next call goes on there.
    """
    if statement.began_at is None:
        statement.began_at, statement.cursor = timezone.now(), ""
        statement.save(update_fields=["began_at", "cursor"])
    since = statement.read_until - OVERLAP if statement.read_until else None
    ends = monotonic() + SLICE_SECONDS
    while True:
        page = read_statement(statement.account_id, since=since, after=statement.cursor)
        _keep(statement, page)
        if not page.has_more:
            return True
        if monotonic() > ends:
            return False


def _keep(statement: Statement, page: StatementPage) -> None:
    if not page.lines:
        return
    statement.cursor = page.lines[-1].stripe_id
    with transaction.atomic():
        StatementLine.objects.bulk_create([_row(statement, line) for line in page.lines], ignore_conflicts=True)
        statement.save(update_fields=["cursor"])


def _row(statement: Statement, line: StripeLine) -> StatementLine:
    return StatementLine(
        pk=line.stripe_id,
        statement=statement,
        type=line.type[:50],
        source_id=line.source_id,
        amount=line.amount,
        fee=line.fee,
        currency=line.currency,
        created_at=line.created_at,
    )
