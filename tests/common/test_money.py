import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.money import Money, decimals, share


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        pytest.param(123450, "eur", "€1,234.50", id="symbol and thousands"),
        pytest.param(5, "usd", "$0.05", id="cents are padded"),
        pytest.param(500, "jpy", "¥500", id="no decimals"),
        pytest.param(900, "chf", "CHF 9.00", id="no symbol"),
        pytest.param(-250, "eur", "-€2.50", id="negative"),
        pytest.param(0, "gbp", "£0.00", id="zero"),
    ],
)
def test_money_is_written_as_people_write_it(minor: int, currency: str, text: str) -> None:
    assert str(Money(minor, currency)) == text


def test_zero_decimal_currencies_are_known() -> None:
    assert [decimals(code) for code in ("eur", "jpy", "krw")] == [2, 0, 0]


@given(st.integers(0, 10**12), st.integers(0, 100))
def test_a_share_is_whole_never_more_than_the_exact_part_and_less_than_one_unit_below(minor: int, percent: int) -> None:
    part = share(minor, percent=percent)

    assert 0 <= part <= minor
    assert part * 100 <= minor * percent < (part + 1) * 100


@given(st.integers(-(10**12), 10**12), st.sampled_from(["eur", "jpy", "chf"]))
def test_no_digit_is_lost_in_writing(minor: int, currency: str) -> None:
    digits = "".join(c for c in str(Money(minor, currency)) if c.isdigit())

    assert int(digits) == abs(minor)
