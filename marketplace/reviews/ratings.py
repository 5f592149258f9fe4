"""What several ratings of one to five say together: an interval for their mean, and nothing while there are too few.

The interval is Wilson's score interval (E. B. Wilson, 1927), in which the mean stands for the share of successes: ratings from 1 to 5 are
mapped to 0 to 1. Of all ratings with the same mean, those that are only 1s and 5s vary most, and they are Wilson's case, so for all others
the interval is wider than it need be. Unlike one made from the ratings' own spread it does not shrink to a point when all agree, and it
never leaves the scale.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final

LOWEST, HIGHEST = 1, 5
FEWEST: Final = 5  # reviews: the whole scale is left open by fewer
_Z: Final = Decimal("1.959963984540054")  # of the normal distribution, for 95 %
_TENTH: Final = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class Interval:
    """Where the mean of all buyers' ratings lies, at a confidence of 95 %, in tenths that are rounded outwards."""

    low: Decimal
    high: Decimal

    def __str__(self) -> str:
        return f"{self.low} to {self.high}"


@dataclass(frozen=True, slots=True)
class Rating:
    """The ratings of a product.

    Attributes:
        counts: how many of each, from 1 to 5.
    """

    counts: tuple[int, ...] = (0,) * HIGHEST

    @property
    def count(self) -> int:
        return sum(self.counts)

    @property
    def interval(self) -> Interval | None:
        """The interval of the mean; None while there are fewer than five."""
        if self.count < FEWEST:
            return None
        points = sum(count * place for place, count in enumerate(self.counts))
        low, high = wilson(Decimal(points) / (self.count * (HIGHEST - LOWEST)), self.count)
        scale = HIGHEST - LOWEST
        return Interval(
            (LOWEST + scale * low).quantize(_TENTH, ROUND_FLOOR),
            (LOWEST + scale * high).quantize(_TENTH, ROUND_CEILING),
        )


def counted(ratings: Sequence[tuple[int, int]]) -> Rating:
    """Make a rating of pairs of a rating and how many gave it; what is left out was given by nobody."""
    given = dict(ratings)
    return Rating(tuple(given.get(rating, 0) for rating in range(LOWEST, HIGHEST + 1)))


def wilson(share: Decimal, count: int) -> tuple[Decimal, Decimal]:
    """Return Wilson's score interval, 95 %, without correction for continuity, of a share that was seen among so many."""
    squared = _Z * _Z / count
    centre = share + squared / 2
    half = (share * (1 - share) * squared + squared * squared / 4).sqrt()
    low, high = (centre - half) / (1 + squared), (centre + half) / (1 + squared)
    # At 0 and 1 the last digit may be off, and rounding outwards would make a tenth of it.
    return (low if share else Decimal(0), high if share < 1 else Decimal(1))
