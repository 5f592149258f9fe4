"""How a shop's days go: trends, weekdays, and counts that scatter as counts do."""

import math
import random
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

DAYS: Final = 120
_WEEKDAYS: Final = (1.15, 1.25, 1.2, 1.15, 0.95, 0.5, 0.55)  # Monday first: what teams buy, they buy at work
_LAUNCHED: Final = 34  # days ago
_DIED: Final = 46
_SATURDAY: Final = 5


class Trend(StrEnum):
    """How something went in the last 120 days."""

    GROWING = "growing"
    STEADY = "steady"
    DECLINING = "declining"
    SEASONAL = "seasonal"
    LAUNCHED = "launched"
    DEAD = "dead"
    FEW = "few"


def days_until(today: date) -> list[date]:
    """Return the days of the series, oldest first; today is the last."""
    return [today - timedelta(days=ago) for ago in range(DAYS, -1, -1)]


def level(trend: Trend, ago: int) -> float:
    """Return how the day so many days ago compares with a day in the mean."""
    along = 1 - ago / DAYS
    return {
        Trend.GROWING: 0.45 + 1.1 * along,
        Trend.STEADY: 1.0,
        Trend.DECLINING: 1.6 - 1.2 * along,
        Trend.SEASONAL: 1 + 0.75 * math.sin(2 * math.pi * (along - 0.1)),
        Trend.LAUNCHED: 0.0 if ago > _LAUNCHED else 1.5 - 0.5 * (ago / _LAUNCHED),
        Trend.DEAD: 0.0 if ago < _DIED else 1.2 - 0.7 * along,
        Trend.FEW: 0.0 if ago > _LAUNCHED else 0.5,
    }[trend]


def expected(trend: Trend, day: date, today: date, *, mean: float) -> float:
    """Return how many are expected on a day: by its trend and its weekday."""
    return mean * level(trend, (today - day).days) * _WEEKDAYS[day.weekday()]


def count(chance: random.Random, mean: float) -> int:
    """Return a count that scatters around a mean as independent events do (Poisson, by Knuth's product; normal for large ones)."""
    if mean > 40:  # noqa: PLR2004  the product needs as many draws as the mean
        return max(round(chance.gauss(mean, math.sqrt(mean))), 0)
    limit, product, found = math.exp(-mean), chance.random(), 0
    while product > limit:
        product *= chance.random()
        found += 1
    return found


def second_of(chance: random.Random, day: date) -> int:
    """Return a second of a day: mostly of working hours, at any time on a weekend."""
    if day.weekday() >= _SATURDAY:
        return chance.randrange(86_400)
    return min(max(round(chance.gauss(13.5 * 3600, 3.2 * 3600)), 0), 86_399)
