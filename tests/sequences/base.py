"""A shop with Stripe beside it on one clock: what every area of rules stands on."""

import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

import time_machine
from hypothesis.stateful import RuleBasedStateMachine, precondition

from billing.discounts.models import Discount
from billing.inbox.handlers import HANDLERS
from billing.inbox.models import StripeEvent
from billing.orders.models import Order
from billing.refunds.models import Refund
from common.errors import DomainError
from tests.sequences.shop import BEGINS, Given, Raised, Sale, Shop, Tried
from tests.support.sandbox_here import SandboxHere

T = TypeVar("T")


def when(there: Callable[[Any], object]) -> Callable[..., Any]:
    """Let a rule be chosen only while there is something that it is about."""
    return precondition(lambda machine: bool(there(machine)))


@dataclass
class Played:
    """How much was played; a sequence that failed is shortened, and each attempt at that counts too."""

    sequences: int = 0
    steps: int = 0


class Base(RuleBasedStateMachine):
    """Rules of an area are in a class of their own that inherits from this one; `Books` puts them together."""

    sandbox: ClassVar[SandboxHere]
    shop: ClassVar[Shop]
    begin_anew: ClassVar[Callable[[], None]]
    played: ClassVar[Played] = Played()

    def __init__(self) -> None:
        super().__init__()
        self._travelling = time_machine.travel(BEGINS, tick=False)  # the same steps take the same time, however busy the machine is
        self.clock = self._travelling.start()
        self.sandbox.go_back()
        self.played.sequences += 1
        self.played.steps -= 1  # the invariants are looked at once before the first
        self.sales: list[Sale] = []
        self.tried: list[Tried] = []
        self.given: list[Given] = []
        self.raised: list[Raised] = []
        self.codes: list[Discount] = list(self.shop.codes)
        self.last_event = 0
        self.pending: list[dict[str, Any]] = []
        self.lost: list[dict[str, Any]] = []

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None:
                self.settle()
        finally:
            self._travelling.stop()
            type(self).begin_anew()

    def settle(self) -> None:
        """Bring everything to its end: what is left then must agree."""

    def hear(self) -> bool:
        """Take note of what Stripe has to tell."""
        for number, event in self.sandbox.events_after(self.last_event):
            self.last_event = number
            if event["type"] in HANDLERS:
                self.pending.append(event)
        return bool(self.pending)

    def knows_all(self) -> bool:
        """Whether the shop has heard of everything, and nothing that it has begun waits."""
        if self.lost or self.hear():
            return False
        waiting = StripeEvent.objects.filter(handled_at=None), Refund.objects.filter(state="waiting")
        return not any(rows.exists() for rows in waiting)

    def pass_time(self, seconds: int) -> None:
        """Set both clocks forward; Stripe does everything on the way when it is due."""
        while seconds > 0:
            step = self.sandbox.step(seconds)
            self.clock.shift(step)
            self.sandbox.tick()
            seconds -= step

    def pick(self, rows: Sequence[T], number: int) -> T | None:
        """One of the rows, whatever number was drawn; None of none."""
        return rows[number % len(rows)] if rows else None

    def do(self, act: Callable[..., T], **values: Any) -> T | None:
        """Call a service, a second after the one before; what it refuses changes nothing, which the invariants see."""
        self.clock.shift(1)
        with suppress(DomainError):
            return act(**values)
        return None

    def paid(self, sale: Sale) -> list[str]:
        """The payment intents of a sale at Stripe, one for each period of a subscription."""
        key = Order.objects.values_list("checkout_session_id", flat=True).get(pk=sale.order_id)
        session = self.sandbox.store.get("checkout.session", key) if key else None
        if session is None:
            return []
        if not session.get("subscription"):
            return [session["payment_intent"]] if session["payment_intent"] else []
        return [intent for _, intent in self.invoices(session["subscription"])]

    def invoices(self, subscription: str) -> list[tuple[dict[str, Any], str]]:
        """The paid invoices of a subscription, each with its payment intent."""
        invoices = self.sandbox.find("invoice", "parent.subscription_details.subscription", subscription)
        paid = [invoice for invoice in invoices if invoice["status"] == "paid"]
        return [
            (invoice, self.sandbox.find("invoice_payment", "invoice", invoice["id"])[0]["payment"]["payment_intent"]) for invoice in paid
        ]

    def charge_of(self, intent: str) -> dict[str, Any] | None:
        """The charge that a payment intent succeeded with."""
        found = self.sandbox.store.get("payment_intent", intent)
        charge = self.sandbox.store.get("charge", found["latest_charge"]) if found and found["latest_charge"] else None
        return charge if charge and charge["status"] == "succeeded" else None

    def charges(self) -> list[dict[str, Any]]:
        """Every payment that has succeeded, oldest first."""
        found = self.sandbox.find("charge", "status", "succeeded")
        return [charge for charge in found if charge["payment_intent"]]
