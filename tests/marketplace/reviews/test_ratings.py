"""The interval of ratings: published values, its ends, and how often it holds, by counting every possible outcome."""

from decimal import Decimal
from itertools import product
from math import factorial, prod

import pytest

from marketplace.reviews.ratings import FEWEST, Interval, Rating, counted, wilson


# R. G. Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I, method 3.
@pytest.mark.parametrize(
    ("successes", "count", "low", "high"),
    [
        pytest.param(81, 263, "0.2553", "0.3662", id="81 of 263"),
        pytest.param(15, 148, "0.0624", "0.1605", id="15 of 148"),
        pytest.param(0, 20, "0.0000", "0.1611", id="none of 20"),
        pytest.param(1, 29, "0.0061", "0.1718", id="1 of 29"),
    ],
)
def test_wilsons_interval_is_the_published_one(successes: int, count: int, low: str, high: str) -> None:
    found = wilson(Decimal(successes) / count, count)

    assert tuple(str(end.quantize(Decimal("0.0001"))) for end in found) == (low, high)


@pytest.mark.parametrize(
    ("counts", "interval"),
    [
        pytest.param((0, 0, 0, 0, 5), "3.2 to 5.0", id="five who are delighted"),
        pytest.param((5, 0, 0, 0, 0), "1.0 to 2.8", id="five who are not"),
        pytest.param((0, 0, 0, 0, 100), "4.8 to 5.0", id="a hundred who are delighted"),
        pytest.param((0, 0, 5, 0, 0), "1.6 to 4.4", id="five in the middle"),
        pytest.param((2, 3, 10, 40, 71), "4.0 to 4.6", id="many of every opinion"),
    ],
)
def test_the_interval_stays_on_the_scale_and_has_a_width_when_all_agree(counts: tuple[int, ...], interval: str) -> None:
    assert str(Rating(counts).interval) == interval


def test_there_is_no_average_below_five() -> None:
    assert [Rating((0, 0, 0, 0, count)).interval for count in range(FEWEST)] == [None] * 5
    assert Rating().count == 0


def test_the_ends_are_rounded_outwards() -> None:
    exact = wilson(Decimal(8) / 12, 12)
    low, high = (1 + 4 * end for end in exact)

    shown = Rating((0, 4, 0, 4, 4)).interval

    assert shown is not None
    assert shown.low <= low < shown.low + Decimal("0.1")
    assert shown.high - Decimal("0.1") < high <= shown.high


def test_pairs_of_ratings_and_counts_become_counts() -> None:
    assert counted([(5, 3), (1, 2)]) == Rating((2, 0, 0, 0, 3))


# How buyers of five kinds of product rate: the share of each rating.
OPINIONS = {
    "even": (0.2, 0.2, 0.2, 0.2, 0.2),
    "mostly good": (0.05, 0.05, 0.15, 0.35, 0.4),
    "good with a few angry": (0.1, 0.05, 0.05, 0.2, 0.6),
    "loved or hated": (0.45, 0.05, 0.0, 0.05, 0.45),
    "mediocre": (0.1, 0.2, 0.4, 0.2, 0.1),
}


@pytest.mark.parametrize("opinion", OPINIONS.values(), ids=OPINIONS)
@pytest.mark.parametrize("count", [5, 8, 12])
def test_the_interval_holds_the_mean_of_all_buyers_in_95_of_100_cases(opinion: tuple[float, ...], count: int) -> None:
    """Every outcome of so many ratings, weighted by how likely it is (the multinomial distribution): exact, nothing is drawn by lot."""
    mean = sum(share * rating for rating, share in enumerate(opinion, start=1))
    outcomes = [some for some in product(range(count + 1), repeat=4) if sum(some) <= count]

    holds = 0.0
    for some in outcomes:
        counts = (*some, count - sum(some))
        likely = factorial(count) / prod(map(factorial, counts)) * prod(share**of for share, of in zip(opinion, counts, strict=True))
        interval = Rating(counts).interval
        assert isinstance(interval, Interval)
        holds += likely * (float(interval.low) <= mean <= float(interval.high))

    assert holds >= 0.95
