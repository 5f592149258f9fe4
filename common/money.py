"""Money is whole minor units and an ISO 4217 currency. Floats are never involved."""

import re
from dataclasses import dataclass
from typing import Final

from common.currencies import currency as row_of
from common.languages import separated, with_currency

# As wide as a plus, and never the end of a line. A hyphen is what CLDR has for English and German, because people can type it.
MINUS: Final = "\N{MINUS SIGN}"


@dataclass(frozen=True, slots=True)
class Money:
    """An amount.

    Attributes:
        minor: whole minor units (cents; yen for currencies without).
        currency: lower-case ISO 4217 code, as Stripe writes it.
    """

    minor: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._minor_of(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._minor_of(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._minor_of(other)

    def __le__(self, other: "Money") -> bool:
        return self.minor <= self._minor_of(other)

    def _minor_of(self, other: "Money") -> int:
        """Return the other amount's minor units; ValueError if it has another currency."""
        if other.currency != self.currency:
            msg = f"{self.currency} and {other.currency} do not add up."
            raise ValueError(msg)
        return other.minor

    @property
    def step(self) -> "Money":
        """What every amount of the currency is a multiple of."""
        return Money(row_of(self.currency).step, self.currency)

    def share(self, *, percent: int) -> "Money":
        """Return so many hundredths of it, rounded as `part` says."""
        return self.part(percent, 100)

    def part(self, numerator: int, denominator: int) -> "Money":
        """Return `numerator / denominator` of it, rounded half even to what the currency is counted in. Money is rounded nowhere else.

        Half even takes as often as it gives, so that many small fees add up to what they should be (IEEE 754, "roundTiesToEven").
        """
        step = self.step.minor
        whole, rest = divmod(self.minor * numerator, denominator * step)
        half = 2 * rest - denominator * step
        return Money((whole + (half > 0 or (half == 0 and whole % 2 == 1))) * step, self.currency)

    def __str__(self) -> str:
        """Write it as readers of the active language do: `€1,234.50`, `¥500`, `CHF 9.00`, `ISK 450`; in German `1.234,50 €`."""
        return self._written(_shown_decimals(self.minor, self.currency))

    @property
    def short(self) -> str:
        """Write it as above, without zeros after the point: `€1,200`."""
        whole = self.minor % 10 ** row_of(self.currency).decimals == 0
        return self._written(0 if whole else _shown_decimals(self.minor, self.currency))

    def _written(self, shown: int) -> str:
        row, sign = row_of(self.currency), MINUS if self.minor < 0 else ""
        digits = separated(_grouped(abs(self.minor), shown, row.decimals))
        return with_currency(digits, sign=sign, symbol=row.symbol, code=self.currency.upper())

    @property
    def typed(self) -> str:
        """Write it as people type it into a form or a table, in every language: `1234.50`, `500`, `-2.50`."""
        return ("-" if self.minor < 0 else "") + _grouped(
            abs(self.minor), _shown_decimals(self.minor, self.currency), row_of(self.currency).decimals
        ).replace(",", "")


def example_amount(code: str) -> Money:
    """Return an amount that shows how those of a currency are typed: 12.50, or 12 where nothing smaller can be charged."""
    row = row_of(code)
    return Money(125 * 10**row.decimals // 10 // row.step * row.step, code)


def read_money(text: str, currency: str) -> Money | None:
    """Read `12.50` or `12,50` by its digits alone; return None for what is not an exact amount of the currency."""
    row = row_of(currency)
    match = re.fullmatch(rf"([0-9]+)(?:[.,]([0-9]{{0,{row.decimals}}}))?", text)
    if match is None:
        return None
    minor = int(match[1] + (match[2] or "").ljust(row.decimals, "0"))
    return Money(minor, currency) if minor % row.step == 0 else None


def _grouped(minor: int, shown: int, decimals: int) -> str:
    whole, rest = divmod(minor, 10**decimals)
    return f"{whole:,}" + (f".{rest:0{decimals}d}" if shown else "")


def _shown_decimals(minor: int, currency: str) -> int:
    """Return 0 where the hundredths of a currency are only Stripe's; old amounts that have some show them."""
    row = row_of(currency)
    return 0 if row.step == 10**row.decimals and minor % row.step == 0 else row.decimals
