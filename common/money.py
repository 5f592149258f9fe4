"""Money is whole minor units and an ISO 4217 currency. No float comes near it."""

from dataclasses import dataclass

# Stripe, "Zero-decimal currencies"; the shop's own list is LAYERSTORE_CURRENCIES.
_ZERO_DECIMAL = frozenset(("bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof", "xpf"))
_SYMBOLS = {"eur": "€", "usd": "$", "gbp": "£", "jpy": "¥"}


@dataclass(frozen=True, slots=True)
class Money:
    """An amount.

    Attributes:
        minor: whole minor units (cents; yen for currencies without).
        currency: lower-case ISO 4217 code, as Stripe writes it.
    """

    minor: int
    currency: str

    def __str__(self) -> str:
        """Write it as people do: `€1,234.50`, `¥500`, `CHF 9.00`."""
        sign = "-" if self.minor < 0 else ""
        whole, rest = divmod(abs(self.minor), 10 ** decimals(self.currency))
        digits = f"{whole:,}" + (f".{rest:0{decimals(self.currency)}d}" if decimals(self.currency) else "")
        symbol = _SYMBOLS.get(self.currency)
        return f"{sign}{symbol}{digits}" if symbol else f"{sign}{self.currency.upper()} {digits}"


def decimals(currency: str) -> int:
    """Return how many decimals the currency has: 2 or 0."""
    return 0 if currency in _ZERO_DECIMAL else 2


def share(minor: int, *, percent: int) -> int:
    """Return `percent` of an amount, rounded down to a whole minor unit: never more than was paid."""
    return minor * percent // 100
