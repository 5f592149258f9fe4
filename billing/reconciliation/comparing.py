"""Comparing a statement with the books, both ways. What differs is recorded for staff; neither side is ever changed."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Sum

from billing.ledger.models import Account, LedgerEntry, LedgerTransaction
from billing.reconciliation.books import Booked, booked_for, unlisted
from billing.reconciliation.models import Difference, Statement, StatementLine

PAGE: Final = 500
GRACE: Final = timedelta(hours=1)  # until then what has moved may be on its way into the books
Kind = Difference.Kind


def compare(statement: Statement, *, now: datetime) -> int:
    """Compare what was read of a statement with the books; return how many differences were not known before.

    A line that agrees is not looked at again, for neither side ever changes.
    """
    new = sum(_compare_lines(statement, lines, now=now) for lines in _open_lines(statement))
    return new + _compare_books(statement, now=now)


def _open_lines(statement: Statement) -> Iterator[list[StatementLine]]:
    last = ""
    while lines := list(statement.lines.filter(agreed_at=None, pk__gt=last).order_by("pk")[:PAGE]):
        yield lines
        last = lines[-1].pk


def _compare_lines(statement: Statement, lines: Sequence[StatementLine], *, now: datetime) -> int:
    booked, noted = booked_for(statement, lines), _noted(lines)
    agreed, new = [], 0
    with transaction.atomic():
        for line in lines:
            if line.pk not in booked and line.created_at > now - GRACE:
                continue
            found = differences_of(line, booked.get(line.pk))
            if not found:
                agreed.append(line.pk)
            new += sum(_note(statement, kind, now=now, line=line, stripe=theirs, booked=ours) for kind, theirs, ours in found)
            if line.pk in noted:
                _end_others(line, {kind for kind, _, _ in found}, now=now)
        StatementLine.objects.filter(pk__in=agreed).update(agreed_at=now)
    return new


def _noted(lines: Sequence[StatementLine]) -> set[str]:
    """Return the lines of which a difference was known before, which are few."""
    return set(Difference.objects.filter(line__in=lines, ended_at=None).values_list("line_id", flat=True))


def differences_of(line: StatementLine, booked: Booked | None) -> list[tuple[Kind, int, int | None]]:
    """Return what differs, with Stripe's figure and that of the books in minor units."""
    if booked is None:
        return [(Kind.MISSING_HERE, line.amount, None)]
    pairs = ((Kind.AMOUNT, line.amount, booked.amounts), (Kind.FEE, line.fee, booked.fees))
    return [(kind, theirs, ours.get(line.currency, 0)) for kind, theirs, ours in pairs if not _same(theirs, line.currency, ours)]


def _same(theirs: int, currency: str, ours: Mapping[str, int]) -> bool:
    return {code: minor for code, minor in ours.items() if minor} == ({currency: theirs} if theirs else {})


def _compare_books(statement: Statement, *, now: datetime) -> int:
    """Look for what the books have and Stripe does not list."""
    if statement.read_until is None:
        return 0
    rows, last, new = unlisted(statement, posted_before=statement.read_until).order_by("pk"), None, 0
    while page := list((rows.filter(pk__gt=last) if last else rows)[:PAGE]):
        with transaction.atomic():
            new += sum(_note_unlisted(statement, row, now=now) for row in page)
        last = page[-1].pk
    gone = statement.differences.filter(kind=Kind.MISSING_THERE, ended_at=None, seen_at__lt=now)
    gone.update(ended_at=now, outcome="Stripe lists it now.")
    return new


def _note_unlisted(statement: Statement, row: LedgerTransaction, *, now: datetime) -> int:
    entries = LedgerEntry.objects.filter(transaction=row, account=Account.STRIPE, seller=statement.seller_id)
    totals = entries.order_by("currency").values("currency").annotate(total=Sum("amount"))
    first = totals[0]
    found = {
        "stripe_amount": None,
        "booked_amount": first["total"],
        "currency": first["currency"],
        "seen_at": now,
        "kind": Kind.MISSING_THERE,
    }
    _, created = Difference.objects.update_or_create(
        statement=statement, transaction=row, line=None, ended_at=None, defaults=found, create_defaults=found | {"found_at": now}
    )
    return int(created)


def _note(statement: Statement, kind: Kind, *, now: datetime, line: StatementLine, stripe: int, booked: int | None) -> int:
    found = {"statement": statement, "stripe_amount": stripe, "booked_amount": booked, "currency": line.currency, "seen_at": now}
    _, created = Difference.objects.update_or_create(
        line=line, kind=kind, ended_at=None, defaults=found, create_defaults=found | {"found_at": now}
    )
    return int(created)


def _end_others(line: StatementLine, kinds: set[Kind], *, now: datetime) -> None:
    Difference.objects.filter(line=line, ended_at=None).exclude(kind__in=kinds).update(ended_at=now, outcome="The books say the same now.")
