from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.currencies import CURRENCIES, currency
from common.money import Money, example_amount, read_money


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        pytest.param(123450, "eur", "€1,234.50", id="symbol and thousands"),
        pytest.param(5, "usd", "$0.05", id="cents are padded"),
        pytest.param(500, "jpy", "¥500", id="no decimals"),
        pytest.param(900, "chf", "CHF 9.00", id="no symbol"),
        pytest.param(-250, "eur", "−€2.50", id="negative"),
        pytest.param(0, "gbp", "£0.00", id="zero"),
        pytest.param(1250, "kwd", "KWD 1.250", id="thousandths"),
        pytest.param(1250000, "ugx", "UGX 12,500", id="hundredths that are only Stripe's"),
        pytest.param(1250, "isk", "ISK 12.50", id="an old amount with hundredths"),
        pytest.param(100, "xyz", "XYZ 1.00", id="a currency of somebody's bank"),
    ],
)
def test_money_is_written_as_people_write_it(minor: int, currency: str, text: str) -> None:
    assert str(Money(minor, currency)) == text


def test_what_is_typed_has_no_thousands_and_keeps_its_sign() -> None:
    assert [Money(minor, "eur").typed for minor in (123450, -250, 0)] == ["1234.50", "-2.50", "0.00"]


def test_an_example_is_typed_as_amounts_of_its_currency_are() -> None:
    assert [example_amount(code).typed for code in ("eur", "jpy", "isk", "kwd")] == ["12.50", "12", "12", "12.500"]


def test_the_special_cases_of_stripe_are_known() -> None:
    rows = [currency(code) for code in ("eur", "jpy", "krw", "isk", "ugx", "kwd")]

    assert [(row.decimals, row.step) for row in rows] == [(2, 1), (0, 1), (0, 1), (2, 100), (2, 100), (3, 10)]


@given(st.sampled_from(sorted(CURRENCIES)), st.integers(0, 10**9))
def test_what_is_shown_to_be_typed_is_read_as_the_same_amount(code: str, steps: int) -> None:
    minor = steps * currency(code).step

    assert read_money(Money(minor, code).typed, code) == Money(minor, code)


@given(st.sampled_from(sorted(CURRENCIES)), st.integers(-(10**10), 10**10), st.integers(0, 10_000))
def test_a_part_is_the_nearest_amount_of_its_currency_and_the_even_one_of_two(code: str, minor: int, numerator: int) -> None:
    step, exact = currency(code).step, Fraction(minor * numerator, 10_000)

    part = Money(minor, code).part(numerator, 10_000)

    assert part.minor == round(exact / step) * step  # Python rounds fractions half even
    assert part.minor % step == 0
    assert abs(part.minor) <= abs(minor) + step


@given(st.sampled_from(sorted(CURRENCIES)), st.integers(0, 10**10), st.integers(0, 100))
def test_a_share_of_what_can_be_paid_can_be_paid_and_is_within_it(code: str, steps: int, percent: int) -> None:
    whole = steps * currency(code).step

    part = Money(whole, code).share(percent=percent)

    assert 0 <= part.minor <= whole
    assert Money(whole, code) - part == -(part - Money(whole, code))


@pytest.mark.parametrize(
    ("minor", "code", "percent", "part"),
    [
        pytest.param(5, "eur", 50, 2, id="half a cent goes to the even one below"),
        pytest.param(15, "eur", 50, 8, id="and to the even one above"),
        pytest.param(26, "eur", 10, 3, id="more than half goes up"),
        pytest.param(505, "jpy", 10, 50, id="no decimals"),
        pytest.param(1250, "kwd", 10, 120, id="thousandths are charged in tens, of which twelve is even"),
        pytest.param(45500, "isk", 10, 4600, id="whole krónur"),
    ],
)
def test_money_is_rounded_half_even(minor: int, code: str, percent: int, part: int) -> None:
    assert Money(minor, code).share(percent=percent) == Money(part, code)


@given(st.integers(-(10**12), 10**12), st.sampled_from(["eur", "jpy", "chf"]))
def test_no_digit_is_lost_in_writing(minor: int, currency: str) -> None:
    digits = "".join(c for c in str(Money(minor, currency)) if c.isdigit())

    assert int(digits) == abs(minor)


def test_money_of_one_currency_is_added_taken_away_and_compared() -> None:
    small, large = Money(200, "eur"), Money(500, "eur")

    assert (small + large, large - small) == (Money(700, "eur"), Money(300, "eur"))
    assert (small < large, large <= small, large > small, large >= small, min(large, small)) == (True, False, True, True, small)


@pytest.mark.parametrize(
    "count", [Money.__add__, Money.__sub__, Money.__lt__, Money.__le__], ids=["add", "take away", "compare", "compare or equal"]
)
def test_money_of_two_currencies_is_never_counted_together(count: Callable[[Money, Money], object]) -> None:
    with pytest.raises(ValueError, match="eur and jpy"):
        count(Money(500, "eur"), Money(500, "jpy"))
