"""A night in which everything is brought to its end: webhooks that were on their way come, sweeps run, and what was lost is found."""

import json
from typing import Any

from django.utils import timezone
from hypothesis.stateful import rule

from billing.ledger.models import LedgerTransaction
from billing.orders.models import Order
from billing.payments.reconcile import reconcile_order
from billing.reconciliation.comparing import GRACE
from billing.reconciliation.due import reconcile_due_statements
from billing.reconciliation.models import Difference, Statement
from tests.sequences.base import when
from tests.sequences.invariants import Invariants
from tests.sequences.prices import Prices
from tests.sequences.time import HOUR, MINUTE, Time

COMPARISON = ("billing.reconcile_books",)
# From what moved money to the charge that it follows from.
LEADS_TO = ("source_transaction", "charge", "_transfer", "transfer", "fee")


class Settling(Prices, Invariants, Time):
    """Ends each sequence, and may happen within one."""

    compared: tuple[dict[str, Any], int] | None = None  # what had moved at Stripe, and how often we had posted, when all of it agreed

    @when(lambda self: self.charges())
    @rule()
    def a_night_passes(self) -> None:
        self.settle()

    def settle(self) -> None:
        self.until_the_night()
        self.come_to_rest()
        self.pass_time(HOUR + MINUTE)  # what has moved within an hour is not compared
        self.come_to_rest(at_least=1)
        self.reconcile()
        self.check_totals()
        self.check_access()
        self.check_accounts()
        self.check_codes()
        self.check_credits()
        self.check_prices()
        self.check_documents()

    def come_to_rest(self, at_least: int = 0) -> None:
        """Let what is on its way come, until nothing waits: a buyer's own refund is decided after half an hour."""
        for sweeps in range(12):
            self.all_that_is_on_its_way_comes()
            if sweeps >= at_least and not self.waiting():
                return
            self.pass_time(20 * MINUTE if sweeps else 0)
            self.sweep(besides=COMPARISON)  # it comes when all is at rest
        msg = f"never done: {self.waiting()}"
        raise AssertionError(msg)

    def reconcile(self) -> None:
        """The nightly comparison finds each lost movement and nothing else; staff do what its page advises.

        Where neither Stripe nor the books have moved since one that saw all of it agree, it would compare the same once more.
        """
        moved = self.sandbox.moved(), LedgerTransaction.objects.count()  # what is posted is never changed
        if moved == self.compared and not self.lost:
            return
        whole = not self.moves_still()
        found = self.differences()
        assert self.lost or not found, found
        for difference in found:
            self.follow_advice(difference)
        self.lost.clear()
        self.compared = moved if whole and not found else None
        assert not found or not self.differences(), found

    def moves_still(self) -> bool:
        """Whether something is too young to be compared, at Stripe or in the books."""
        since = timezone.now() - GRACE
        young = self.sandbox.store.rows(
            "SELECT id FROM objects WHERE kind = 'balance_transaction' AND json_extract(body, '$.created') > ?", int(since.timestamp())
        )
        return bool(young) or LedgerTransaction.objects.filter(posted_at__gt=since).exists()

    def differences(self) -> list[Difference]:
        """Of each statement, read from its beginning, as staff may have it read."""
        anew = {"read_until": None, "began_at": None, "closed_at": None, "cursor": "", "attempts": 0, "given_up_at": None}
        Statement.objects.update(due_at=timezone.now(), **anew)
        reconcile_due_statements()
        return list(Difference.objects.filter(ended_at=None).select_related("line"))

    def follow_advice(self, difference: Difference) -> None:
        """Look the source up at Stripe: have the order asked about that it belongs to, or a payout's event sent again."""
        assert difference.kind == Difference.Kind.MISSING_HERE, difference
        assert difference.line is not None
        source = difference.line.source_id
        if source.startswith("po_"):
            for event in [event for event in self.lost if event["data"]["object"]["id"] == source]:
                self.deliver(event)
            return
        intent = self.intent_of(source)
        known = Order.objects.filter(payment_intent_id=intent).values_list("pk", flat=True)
        reconcile_order(order_id=known.first() or next(sale.order_id for sale in self.sales if intent in self.paid(sale)))

    def intent_of(self, key: str) -> str:
        """The payment that an object at Stripe leads to."""
        (row,) = self.sandbox.store.rows("SELECT body FROM objects WHERE id = ?", key)
        found = json.loads(row["body"])
        if found.get("payment_intent"):
            return str(found["payment_intent"])
        return self.intent_of(next(found[name] for name in LEADS_TO if found.get(name)))
