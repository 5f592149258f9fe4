"""Forecasts: the error of the local line beside simpler guesses on days that it did not know, and how many of them its interval holds."""

import argparse
import os
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

import numpy as np

from marketplace.insights.analysis import analyse
from marketplace.insights.findings import HORIZON, Method
from marketplace.insights.forecast import Guess, forecast_days, guess_last_week
from marketplace.insights.smoothing import best_smooth
from marketplace.insights.trend import find_trend
from tools.bench.forecast_series import LONGEST, MADE, Numbers, Series, made, real
from tools.bench.shop import end_with
from tools.stack.instance import Instance

FIRST_ORIGIN, STEP = 70, 42  # days
AIM_ERROR, AIM_WORSE, AIM_HELD = 0.9, 1.05, (0.75, 0.85)
SIMPLE: Final[Mapping[str, Guess]] = {
    "last week": guess_last_week,
    "last value": lambda known: np.full(HORIZON, known[-1]),
    "mean": lambda known: np.full(HORIZON, known.mean()),
}


NAMES: Final = "".join(f"{name:>12}" for name in ("ours", *SIMPLE))
HEADER: Final = f"""
{"":32}{"shown":>16}  {"mean absolute scaled error where shown":^48}{"inside":>8}{"worst":>8}
{"kind":18}{"series":>7}{"times":>7}{"series":>8}{"times":>8}  {NAMES}{"80 %":>8}{"series":>8}"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A forecast of 30 days that came.

    Attributes:
        errors: mean absolute scaled error of ours, then of the simpler guesses: 1 is what the same as last week misses on known days.
        held: which part of the days the interval held.
    """

    kind: str
    series: int
    shown: bool
    errors: Sequence[float]
    held: float


def main() -> int:
    """Measure made and real series; return 0 only if each aim is met."""
    parser = argparse.ArgumentParser(prog="script/bench forecast", description=__doc__)
    parser.add_argument("--each", type=int, default=12, help="made series of each kind (12)")
    parser.add_argument("--seed", type=int, default=20, help="what they are made from (20)")
    wanted = parser.parse_args()
    series = list(made(wanted.each, seed=wanted.seed)) + list(real(Instance.from_environment(os.environ).var / "series"))
    outcomes = [outcome for number, each in enumerate(series) for outcome in outcomes_of(number, each)]
    print(HEADER)
    for kind, group in groupby(outcomes, key=lambda outcome: outcome.kind):
        print(line(kind, list(group)))
    print(line("all", outcomes))
    print_costs()
    print_trends(wanted.seed)
    return judged([outcome for outcome in outcomes if outcome.shown])


def outcomes_of(number: int, series: Series) -> Iterator[Outcome]:
    """Forecast at every sixth week what was then to come, as long as there are 30 days of it."""
    for origin in range(FIRST_ORIGIN, len(series.values) - HORIZON + 1, STEP):
        known, came = series.values[:origin], series.values[origin : origin + HORIZON]
        found = forecast_days(known, sales=int(np.count_nonzero(known)))
        scale = float(np.abs(known[7:] - known[:-7]).mean())
        if found.method is Method.NONE or not scale:
            yield Outcome(series.kind, number, shown=False, errors=(), held=0)
            continue
        guesses = [np.array(found.values), *(guess(known) for guess in SIMPLE.values())]
        errors = [float(np.abs(came - guess).mean()) / scale for guess in guesses]
        held = float(np.mean((found.low <= came) & (came <= found.high)))
        yield Outcome(series.kind, number, found.method is Method.LOCAL_LINE, errors, held)


def line(kind: str, outcomes: Sequence[Outcome]) -> str:
    """Format one row of the table."""
    shown = [outcome for outcome in outcomes if outcome.shown]
    all_series, shown_series = ({outcome.series for outcome in some} for some in (outcomes, shown))
    parts = f"{kind:18}{len(all_series):7}{len(outcomes):7}{len(shown_series) / len(all_series):8.0%}{len(shown) / len(outcomes):8.0%}  "
    if not shown:
        return parts
    errors = "".join(f"{error:12.3f}" for error in mean_errors(shown))
    return f"{parts}{errors}{statistics.mean(outcome.held for outcome in shown):8.1%}{max(ratios(shown)):8.2f}"


def mean_errors(outcomes: Iterable[Outcome]) -> list[float]:
    """Return the mean error of ours and of each simpler guess."""
    return [statistics.mean(errors) for errors in zip(*(outcome.errors for outcome in outcomes), strict=True)]


def ratios(shown: Sequence[Outcome]) -> list[float]:
    """Return, for each series, our error over all the times it was shown, by that of the same as last week."""
    by_series = groupby(sorted(shown, key=lambda outcome: outcome.series), key=lambda outcome: outcome.series)
    sums = [mean_errors(group)[:2] for _, group in by_series]
    return [ours / last_week if last_week else float(ours > 0) + 1 for ours, last_week in sums]


def judged(shown: Sequence[Outcome]) -> int:
    """Print each aim with what was reached; return 0 if all are met."""
    ours, last_week, *_ = mean_errors(shown)
    held = statistics.mean(outcome.held for outcome in shown)
    worse = sum(ratio > AIM_WORSE for ratio in ratios(shown))
    aims = (
        (f"error by that of last week {ours / last_week:.3f}, aim {AIM_ERROR}", ours / last_week <= AIM_ERROR),
        (f"series where it is shown and worse by more than 5 % {worse} of {len(ratios(shown))}, aim 0", not worse),
        (f"days inside the interval of 80 % {held:.1%}, aim 75 to 85 %", AIM_HELD[0] <= held <= AIM_HELD[1]),
    )
    for text, reached in aims:
        print(f"{text}: {'reached' if reached else 'NOT REACHED'}")
    return int(not all(reached for _, reached in aims))


def print_costs() -> None:
    """Print what two years of days cost, in milliseconds of a processor."""
    values = np.random.default_rng(1).poisson(np.resize([9, 8, 8, 7, 7, 4, 3], LONGEST)).astype(float)
    for name, act in (("lowess", lambda: best_smooth(values)), ("all of a page", lambda: analyse(values.tolist(), sales=LONGEST))):
        print(f"{name} of {LONGEST} days, ms of a processor: {1000 * statistics.median(took(act) for _ in range(9)):.1f}")


def took(act: Callable[[], object]) -> float:
    """Return the seconds that a processor, or several together, work at an act."""
    begins = time.process_time()
    act()
    return time.process_time() - begins


def print_trends(seed: int, each: int = 150) -> None:
    """Print how often a trend is claimed for days that have none, and found where there is one."""
    some = [(kind, find_trend(values)) for kind, values in _by_kind(seed, each)]
    for kind in ("level", "weekday", "trend"):
        claimed = [trend is not None and trend.is_certain for of, trend in some if of == kind]
        print(f"{kind}: a trend is claimed for {statistics.mean(claimed):.0%} of series{'' if kind == 'trend' else ', and there is none'}")


def _by_kind(seed: int, each: int) -> Iterator[tuple[str, Numbers]]:
    """Make sales of two months of days, without prices."""
    chance, days = np.random.default_rng(seed), np.arange(60)
    for kind in ("level", "weekday", "trend"):
        for _ in range(each):
            yield kind, chance.poisson(MADE[kind](days, chance.uniform(4, 20), chance)).astype(float)


if __name__ == "__main__":
    end_with(main)
