"""Movements for `script/bench books`: the same at Stripe and in the ledger, but for a few of each kind of difference. No Django."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

DIFFERENCES: Final = 5  # of each kind
AMOUNT, FEE = 4900, 99


@dataclass(frozen=True, slots=True)
class Line:
    """One movement: a charge of 49.00 EUR."""

    number: int

    @property
    def key(self) -> str:
        return f"txn_{self.number:023}"

    @property
    def at_stripe(self) -> dict[str, object]:
        """What the sandbox answers beside the shape."""
        amount = AMOUNT + (DIFFERENCES <= self.number < 2 * DIFFERENCES)
        fee = FEE + (2 * DIFFERENCES <= self.number < 3 * DIFFERENCES)
        return {
            "id": self.key,
            "amount": amount,
            "currency": "eur",
            "description": None,
            "fee": fee,
            "net": amount - fee,
            "source": f"ch_{self.number:023}",
            "status": "available",
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """So many movements: five are missing at Stripe, the next differ in the amount, the next in the fee, the next are missing here."""

    rows: int

    def at_stripe(self) -> Iterator[Line]:
        return (Line(number) for number in range(DIFFERENCES, self.rows))

    def in_the_books(self) -> Iterator[Line]:
        return (Line(number) for number in range(self.rows) if not 3 * DIFFERENCES <= number < 4 * DIFFERENCES)
