"""A night in which everything is brought to its end: webhooks that were on their way come, sweeps run, and what was lost is found."""

from hypothesis.stateful import rule

from billing.orders.models import Order
from billing.payments.reconcile import reconcile_order
from billing.reconciliation.due import reconcile_due_statements
from billing.reconciliation.models import Difference, Statement
from billing.reconciliation.services import read_again
from tests.sequences.base import when
from tests.sequences.invariants import Invariants
from tests.sequences.time import HOUR, MINUTE, Time


class Settling(Time, Invariants):
    """Ends each sequence, and may happen within one."""

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
        self.check_documents()

    def come_to_rest(self, at_least: int = 0) -> None:
        """Let what is on its way come, until nothing waits: a buyer's own refund is decided after half an hour."""
        for sweeps in range(12):
            self.all_that_is_on_its_way_comes()
            if sweeps >= at_least and not self.waiting():
                return
            self.pass_time(20 * MINUTE if sweeps else 0)
            self.sweep()
        msg = f"never done: {self.waiting()}"
        raise AssertionError(msg)

    def all_that_is_on_its_way_comes(self) -> None:
        while self.hear():
            self.deliver(self.pending.pop(0))

    def reconcile(self) -> None:
        """The nightly comparison finds each lost movement and nothing else; staff do what its page advises."""
        found = self.differences()
        assert self.lost or not found, found
        for difference in found:
            self.follow_advice(difference)
        self.lost.clear()
        assert not found or not self.differences(), found

    def differences(self) -> list[Difference]:
        for statement in Statement.objects.all():
            read_again(statement=statement, reason="To be sure.", actor=self.shop.staff)
        reconcile_due_statements()
        return list(Difference.objects.filter(ended_at=None).select_related("line"))

    def follow_advice(self, difference: Difference) -> None:
        """Look the source up at Stripe: have the order asked about that it belongs to, or a payout's event sent again."""
        assert difference.kind == Difference.Kind.MISSING_HERE, difference
        assert difference.line is not None
        source = difference.line.source_id
        told = [event for event in self.lost if event["data"]["object"]["id"] == source]
        if source.startswith("po_"):
            for event in told:
                self.deliver(event)
            return
        self.ask_about_orders()

    def ask_about_orders(self) -> None:
        for order in Order.objects.exclude(checkout_session_id=None, invoice_id=None):
            reconcile_order(order_id=order.pk)
