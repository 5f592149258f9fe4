"""Writes what `script/bench books` compares into the ledger, in bulk: the rows are those that its services would write."""

import sys
from itertools import islice

import django

django.setup()

from django.db import connection
from django.utils import timezone

from billing.ledger.models import Account, LedgerEntry, LedgerTransaction
from billing.payouts.models import Payout
from tools.bench.books_plan import AMOUNT, FEE, Line, Plan

AT_ONCE = 5000
LINES = ((Account.STRIPE, AMOUNT - FEE), (Account.STRIPE_FEE, FEE), (Account.BUYERS_CLEARING, -AMOUNT))
TABLES = ("billing_ledgertransaction", "billing_ledgerentry")


def main(rows: int) -> None:
    """Write the transactions, with the database's own check of each taken out while it is done."""
    now = timezone.now()
    cause = Payout.objects.create(pk="po_bench", status="paid", amount=AMOUNT, currency="eur", created_at=now, arrives_at=now)
    lines = Plan(rows).in_the_books()
    switch("DISABLE")
    while batch := list(islice(lines, AT_ONCE)):
        write(batch, cause)
    switch("ENABLE")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def switch(state: str) -> None:
    """Take the tables' triggers out, or put them back."""
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} {state} TRIGGER USER")


def write(batch: list[Line], cause: Payout) -> None:
    """Write some transactions with their entries."""
    now = timezone.now()
    made = LedgerTransaction.objects.bulk_create(
        LedgerTransaction(
            kind=LedgerTransaction.Kind.CHARGE,
            key=line.key,
            stripe_source_id=f"ch_{line.number:023}",
            payout=cause,
            happened_at=now,
            available_at=now,
            entry_count=len(LINES),
        )
        for line in batch
    )
    LedgerEntry.objects.bulk_create(
        LedgerEntry(transaction=row, account=account, amount=amount, currency="eur") for row in made for account, amount in LINES
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
