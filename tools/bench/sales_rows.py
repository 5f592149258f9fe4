"""What became of the sales of `script/bench sales`, as JSON. argv: `counted`, or `books`, which compares them with Stripe's balances."""

import json
import sys
from datetime import timedelta

import django

django.setup()

from django.db.models import Count, Sum
from django.utils import timezone

from billing.inbox.models import StripeEvent
from billing.ledger.models import LedgerEntry, LedgerTransaction
from billing.orders.models import Order
from billing.reconciliation.comparing import compare
from billing.reconciliation.due import has_due_statements
from billing.reconciliation.models import Difference, Statement
from billing.reconciliation.tasks import reconcile_books
from marketplace.entitlements.models import Entitlement

LATER = timedelta(hours=2)  # what has moved within the last hour is compared as well


def counted() -> dict[str, object]:
    """Return the paid orders, how many live grants each has, what waits, and what was given up."""
    events = StripeEvent.objects.filter(handled_at__isnull=True)
    live = Entitlement.objects.in_force().filter(source_kind=Entitlement.Source.ORDER)
    buyers = Order.objects.filter(state=Order.State.PAID).order_by().values("buyer", "product").annotate(times=Count("pk"))
    return {
        "paid": [str(key) for key in Order.objects.filter(state=Order.State.PAID).values_list("pk", flat=True)],
        "granted": {str(source): number for source, number in live.order_by().values_list("source_id").annotate(number=Count("pk"))},
        "bought_twice": buyers.filter(times__gt=1).count(),
        "waiting": events.filter(given_up_at__isnull=True).count(),
        "given_up": events.filter(given_up_at__isnull=False).count() + Order.objects.filter(given_up_at__isnull=False).count(),
        "flagged": Order.objects.filter(flagged_at__isnull=False).count(),
    }


def books() -> dict[str, int]:
    """Compare every balance at Stripe with the books to its end; return how many differences there are, and what does not sum to zero."""
    Statement.objects.update(due_at=timezone.now())
    reconcile_books()
    while has_due_statements():
        reconcile_books()
    for statement in Statement.objects.all():
        compare(statement, now=timezone.now() + LATER)
    uneven = LedgerEntry.objects.order_by().values("transaction", "currency").annotate(total=Sum("amount")).exclude(total=0).count()
    charged = LedgerTransaction.objects.filter(order__state=Order.State.PAID).order_by().values("order").distinct().count()
    paid = Order.objects.filter(state=Order.State.PAID).count()
    return {"differences": Difference.objects.filter(ended_at=None).count(), "uneven": uneven, "without_books": paid - charged}


if __name__ == "__main__":
    print(json.dumps(books() if sys.argv[1] == "books" else counted()))
