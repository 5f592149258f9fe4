"""The table along which an order moves, and what a payment stands for. No database, no network."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.models import Order
from billing.payment import Dispute, Payment
from billing.services.moves import GONE_STATES, HOLDING_STATES, MOVES, PAID_STATES, UNPAID_STATES, state_of
from common.money import share

State = Order.State
AMOUNT = 500


def payment(**changes: object) -> Payment:
    values: dict[str, object] = {
        "session_id": "cs_1",
        "order_id": "",
        "reference": "",
        "livemode": False,
        "status": "complete",
        "paid": True,
        "amount": AMOUNT,
        "currency": "eur",
        "intent_id": "pi_1",
        "intent_status": "succeeded",
        "destination": None,
        "fee": None,
        "paid_with": "",
        "refunded": 0,
        "refunds": (),
        "dispute": Dispute.NONE,
    }
    return Payment(**(values | changes))  # type: ignore[arg-type]  # a table of test values


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        pytest.param(payment(), State.PAID, id="paid"),
        pytest.param(payment(refunded=1), State.PARTIALLY_REFUNDED, id="partly refunded"),
        pytest.param(payment(refunded=AMOUNT), State.REFUNDED, id="refunded"),
        pytest.param(payment(dispute=Dispute.OPEN), State.DISPUTED, id="disputed"),
        pytest.param(payment(dispute=Dispute.OPEN, refunded=1), State.DISPUTED, id="disputed after a partial refund"),
        pytest.param(payment(dispute=Dispute.OPEN, refunded=AMOUNT), State.REFUNDED, id="disputed, but refunded"),
        pytest.param(payment(dispute=Dispute.LOST), State.CHARGED_BACK, id="charged back"),
        pytest.param(payment(paid=False, status="open", intent_status=""), State.PENDING, id="open"),
        pytest.param(payment(paid=False, intent_status="processing"), State.PENDING, id="a bank debit under way"),
        pytest.param(payment(paid=False, intent_status="requires_payment_method"), State.FAILED, id="a bank debit that failed"),
        pytest.param(payment(paid=False, intent_status="canceled"), State.FAILED, id="cancelled"),
        pytest.param(payment(paid=False, status="expired", intent_status=""), State.EXPIRED, id="expired"),
        pytest.param(payment(paid=False, status="open", intent_status="requires_payment_method"), State.PENDING, id="declined, still open"),
    ],
)
def test_a_payment_stands_for_one_state(seen: Payment, expected: Order.State) -> None:
    assert state_of(seen, amount=AMOUNT, now=State.PENDING) is expected


@pytest.mark.parametrize("now", [state for state in State if state is not State.PENDING])
def test_no_payment_moves_nothing_but_a_pending_order(now: Order.State) -> None:
    assert state_of(payment(paid=False, status="expired"), amount=AMOUNT, now=now) is now


def test_every_state_has_its_row_and_its_kind() -> None:
    assert set(MOVES) == set(State)
    assert set(State) == UNPAID_STATES | PAID_STATES
    assert UNPAID_STATES.isdisjoint(PAID_STATES)
    assert (HOLDING_STATES | GONE_STATES) | {State.DISPUTED} == PAID_STATES


def test_what_is_paid_never_becomes_unpaid_and_what_is_gone_stays() -> None:
    assert all(MOVES[state].isdisjoint(UNPAID_STATES) for state in PAID_STATES)
    assert all(not MOVES[state] for state in GONE_STATES)


@given(amount=st.integers(1, 99_999_999), percent=st.integers(0, 100))
def test_our_fee_is_a_part_of_the_amount(amount: int, percent: int) -> None:
    fee = share(amount, percent=percent)

    assert 0 <= fee <= amount
    assert abs(fee * 100 - amount * percent) < 100


@given(
    refunded=st.integers(0, AMOUNT),
    dispute=st.sampled_from(Dispute),
    paid=st.booleans(),
    status=st.sampled_from(["open", "complete", "expired"]),
    now=st.sampled_from(State),
)
def test_nobody_holds_what_was_not_paid_or_went_back(refunded: int, dispute: Dispute, *, paid: bool, status: str, now: Order.State) -> None:
    state = state_of(payment(refunded=refunded, dispute=dispute, paid=paid, status=status), amount=AMOUNT, now=now)

    if paid:
        assert (state in HOLDING_STATES) == (refunded < AMOUNT and dispute is Dispute.NONE)
    else:
        assert state is now or (now is State.PENDING and state in UNPAID_STATES)
