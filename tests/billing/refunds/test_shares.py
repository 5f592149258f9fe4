"""The one rule by which fee and transfer go back with refunds, for all currencies of the table."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from billing.refunds.shares import fee_returned, shares_of
from common.currencies import CURRENCIES
from common.money import Money


@st.composite
def payments(draw) -> tuple[Money, Money, list[Money]]:
    """A payment, our fee of it, and refunds that together are all of it."""
    code = draw(st.sampled_from(sorted(CURRENCIES)))
    step = Money(0, code).step.minor
    amount = draw(st.integers(1, 10_000_000))
    fee = draw(st.integers(0, amount))
    cuts = sorted(draw(st.sets(st.integers(1, amount), max_size=6)) | {amount})
    parts = [after - before for before, after in zip([0, *cuts], cuts, strict=False)]
    return Money(amount * step, code), Money(fee * step, code), [Money(part * step, code) for part in parts]


@given(payments())
def test_whatever_the_parts_the_whole_fee_and_the_whole_transfer_have_gone_back_in_the_end(payment) -> None:
    amount, fee, refunds = payment
    before, seller, ours = Money(0, amount.currency), Money(0, amount.currency), Money(0, amount.currency)

    for refund in refunds:
        shares = shares_of(refund, before=before, fee=fee, amount=amount)
        assert shares.seller + shares.fee == refund
        assert shares.fee.minor >= 0
        assert shares.seller.minor >= -amount.step.minor  # the fee's rounding of a tiny part may be a step more than the part
        before, seller, ours = before + refund, seller + shares.seller, ours + shares.fee

    assert (before, ours, seller) == (amount, fee, amount - fee)


@given(payments())
def test_what_has_gone_back_of_the_fee_is_the_exact_part_rounded_half_even(payment) -> None:
    amount, fee, refunds = payment
    step = amount.step.minor

    returned = fee_returned(fee=fee, amount=amount, taken_back=refunds[0])

    exact = Fraction(fee.minor * refunds[0].minor, amount.minor)
    assert returned.minor == round(exact / step) * step  # Python's own is half even
    assert Money(0, fee.currency) <= returned <= fee


@given(payments())
def test_many_small_refunds_come_to_the_same_as_a_large_one(payment) -> None:
    amount, fee, refunds = payment
    zero = Money(0, amount.currency)
    at_once = shares_of(sum(refunds, zero), before=zero, fee=fee, amount=amount)

    before, apart = zero, zero
    for refund in refunds:
        apart, before = apart + shares_of(refund, before=before, fee=fee, amount=amount).fee, before + refund

    assert apart == at_once.fee
