"""Every currency that `LAYERSTORE_CURRENCIES` may name, in one table: how it is counted, written and charged.

Amounts are in Stripe's minor units. Source: https://docs.stripe.com/currencies, "Minor units in API amounts", "Special cases" and
"Minimum and maximum charge amounts". Stripe names a smallest charge for some currencies; for the others it asks for the worth of half a
US dollar at the rate of the day, so that those rows have about a dollar. The smallest price is what about three euros are: below it,
Stripe's part of a sale is more than ours (docs/operations.md, "Prices"). To sell in another currency, add its row.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

LARGEST_CHARGE: Final = 99_999_999


@dataclass(frozen=True, slots=True)
class Currency:
    """How a currency is counted, written and charged.

    Attributes:
        decimals: digits after the point of its minor unit at Stripe.
        smallest_charge: what Stripe charges at least.
        smallest_price: what we price at least, unless `LAYERSTORE_SMALLEST_PRICES` says otherwise.
        step: every amount is a multiple of it. Króna and Ugandan shilling have no hundredths any more, but Stripe counts them;
            thousandths are charged in tens.
        symbol: before the amount; the code where it is empty.
    """

    decimals: int
    smallest_charge: int
    smallest_price: int
    step: int = 1
    symbol: str = ""


CURRENCIES: Final[Mapping[str, Currency]] = {
    "aed": Currency(2, 200, 1300),
    "aud": Currency(2, 50, 500),
    "bgn": Currency(2, 100, 600),
    "bhd": Currency(3, 400, 1300, step=10),
    "brl": Currency(2, 50, 1900),
    "cad": Currency(2, 50, 500),
    "chf": Currency(2, 50, 300),
    "clp": Currency(0, 1000, 3300),
    "czk": Currency(2, 1500, 7500),
    "dkk": Currency(2, 250, 2300),
    "eur": Currency(2, 50, 300, symbol="€"),
    "gbp": Currency(2, 30, 260, symbol="£"),
    "hkd": Currency(2, 400, 2700),
    "huf": Currency(2, 17500, 120000),  # charged with hundredths, paid out without: what is left over stays in the balance
    "ils": Currency(2, 400, 1200),
    "inr": Currency(2, 50, 30000),
    "isk": Currency(2, 15000, 45000, step=100),
    "jod": Currency(3, 710, 2400, step=10),
    "jpy": Currency(0, 50, 500, symbol="¥"),
    "krw": Currency(0, 1500, 5000),
    "kwd": Currency(3, 310, 1000, step=10),
    "mxn": Currency(2, 1000, 6500),
    "myr": Currency(2, 200, 1500),
    "nok": Currency(2, 300, 3500),
    "nzd": Currency(2, 50, 600),
    "omr": Currency(3, 390, 1300, step=10),
    "pln": Currency(2, 200, 1300),
    "ron": Currency(2, 200, 1500),
    "sek": Currency(2, 300, 3400),
    "sgd": Currency(2, 50, 450),
    "thb": Currency(2, 1000, 11500),
    "tnd": Currency(3, 3200, 10000, step=10),
    "twd": Currency(2, 3500, 11000),  # as huf
    "ugx": Currency(2, 400000, 1250000, step=100),
    "usd": Currency(2, 50, 350, symbol="$"),
    "vnd": Currency(0, 27000, 90000),
    "zar": Currency(2, 2000, 6300),
}
# Banks, and orders of a currency that has left the table, are still written: by its code, with two decimals.
_OTHER: Final = Currency(2, 0, 0)


def currency(code: str) -> Currency:
    """Return the row of a currency (ISO 4217, lower case), or one that only serves for writing amounts of it."""
    return CURRENCIES.get(code, _OTHER)
