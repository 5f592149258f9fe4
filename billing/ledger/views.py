"""A seller's balance and statements, as a page and as a file."""

from collections.abc import Iterator
from datetime import date
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from billing.ledger.statements import entries_of_month, first_month, seller_balances, statement_lines, summaries
from common.months import months_since, named_month
from common.web.csv_files import csv_file
from marketplace.selling.guards import SellerRequest, sales_required

LINES_A_PAGE = 100
PAYOUTS_SHOWN = 12  # the newest


@sales_required
@require_safe
def balance(request: SellerRequest) -> HttpResponse:
    """Show what the seller has in each currency, and the statement of a month: `?month=2026-11`, the present one unless told otherwise.

    Context: balances, a list of SellerBalance; month, its first day; months, those that have a statement; summaries, a list of Summary;
    has_other, whether one has more than sales and payouts; payouts, the newest ones; page, a Page of LedgerEntry
    with its transaction and what that leads to.
    """
    seller_id, now = request.seller.pk, timezone.now()
    month = _month(request)
    lines = Paginator(entries_of_month(seller_id=seller_id, month=month), LINES_A_PAGE)
    sums = summaries(seller_id=seller_id, month=month)
    context = {
        "balances": seller_balances(seller_id=seller_id, now=now),
        "month": month,
        "months": months_since(first_month(seller_id), now.date()),
        "summaries": sums,
        "has_other": any(each.other.minor for each in sums),
        "payouts": request.seller.payouts.all()[:PAYOUTS_SHOWN],
        "page": lines.get_page(request.GET.get("page")),
    }
    return render(request, "billing/balance.html", context)


@sales_required
@require_safe
def statement_csv(request: SellerRequest) -> HttpResponse:
    """Serve a month's statement as CSV (RFC 4180): a line for each movement, amounts in the currency's main unit; nothing about buyers."""
    month = _month(request)
    return csv_file(_rows(request.seller.pk, month), name=f"statement-{month:%Y-%m}")


def _rows(seller_id: UUID, month: date) -> Iterator[list[object]]:
    yield [
        "time",
        "kind",
        "order",
        "order_id",
        "refund_id",
        "dispute_id",
        "payout_id",
        "stripe_id",
        "currency",
        "amount",
        "balance",
        "discount_code",
        "discount",
        "credit",
    ]
    for line in statement_lines(seller_id=seller_id, month=month):
        moved = line.entry.transaction
        order = moved.order
        number = order.number if order else ""
        discount = [order.discount_code, order.discount.typed] if order and order.discount_amount else ["", ""]
        credit = order.credit.typed if order and order.credit_amount else ""
        leads = [value or "" for value in (moved.order_id, moved.refund_id, moved.dispute_id, moved.payout_id)]
        at = f"{moved.happened_at:%Y-%m-%dT%H:%M:%SZ}"
        yield [at, moved.kind, number, *leads, moved.key, line.entry.currency, line.amount.typed, line.balance.typed, *discount, credit]


def _month(request: SellerRequest) -> date:
    """Return the month of the address, the present one if it names none.

    Raises:
        Http404: there is no such month.
    """
    month = named_month(request.GET.get("month"), now=timezone.now())
    if month is None:
        raise Http404
    return month
