"""The transitions of an order, and what a payment stands for. No database, no network."""

from datetime import UTC, datetime
from typing import Any, get_args

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from billing.orders.models import Order
from billing.orders.state import GONE_STATES, HOLDING_STATES, PAID_STATES, TRANSITIONS, UNPAID_STATES, state_of
from billing.stripe.payment_data import DISPUTE_STATES, NEEDS_RESPONSE, DisputeState, Payment, StripeDispute, dispute_state, sum_up
from common.money import Money

State = Order.State
AMOUNT = 500
PRICE = Money(AMOUNT, "eur")


NOW = datetime(2026, 11, 23, tzinfo=UTC)


def dispute(status: str) -> tuple[StripeDispute, ...]:
    return (StripeDispute("dp_1", status, "fraudulent", PRICE, NOW, None),)


def statuses_of_the_sdk() -> set[str]:
    """What the SDK's API version says of disputes: a union of a Literal and str, for Stripe may add to it."""
    hint: Any = stripe.Dispute.__annotations__["status"]
    return {status for part in get_args(hint) for status in get_args(part)}


def payment(**changes: object) -> Payment:
    values: dict[str, object] = {
        "session_id": "cs_1",
        "order_id": "",
        "reference": "",
        "livemode": False,
        "status": "complete",
        "paid": True,
        "amount": PRICE,
        "intent_id": "pi_1",
        "intent_status": "succeeded",
        "destination": None,
        "fee": None,
        "paid_with": "",
        "refunded": Money(0, "eur"),
        "refunds": (),
        "disputes": (),
    }
    return Payment(**(values | changes))  # type: ignore[arg-type]  # a table of test values


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        pytest.param(payment(), State.PAID, id="paid"),
        pytest.param(payment(refunded=Money(1, "eur")), State.PARTIALLY_REFUNDED, id="partly refunded"),
        pytest.param(payment(refunded=PRICE), State.REFUNDED, id="refunded"),
        pytest.param(payment(disputes=dispute("needs_response")), State.DISPUTED, id="disputed"),
        pytest.param(
            payment(disputes=dispute("needs_response"), refunded=Money(1, "eur")), State.DISPUTED, id="disputed after a partial refund"
        ),
        pytest.param(payment(disputes=dispute("needs_response"), refunded=PRICE), State.REFUNDED, id="disputed, but refunded"),
        pytest.param(payment(disputes=dispute("lost")), State.CHARGED_BACK, id="charged back"),
        pytest.param(payment(disputes=dispute("appeal_needs_response")), State.DISPUTED, id="disputed once more"),
        pytest.param(payment(disputes=dispute("appeal_under_review")), State.DISPUTED, id="judged once more"),
        pytest.param(payment(disputes=dispute("of_tomorrow")), State.DISPUTED, id="disputed in a way that nobody knows yet"),
        pytest.param(payment(disputes=dispute("won")), State.PAID, id="the bank decided for the seller"),
        pytest.param(payment(paid=False, status="open", intent_status=""), State.PENDING, id="open"),
        pytest.param(payment(paid=False, intent_status="processing"), State.PENDING, id="a bank debit under way"),
        pytest.param(payment(paid=False, intent_status="requires_payment_method"), State.FAILED, id="a bank debit that failed"),
        pytest.param(payment(paid=False, intent_status="canceled"), State.FAILED, id="cancelled"),
        pytest.param(payment(paid=False, status="expired", intent_status=""), State.EXPIRED, id="expired"),
        pytest.param(payment(paid=False, status="open", intent_status="requires_payment_method"), State.PENDING, id="declined, still open"),
    ],
)
def test_a_payment_stands_for_one_state(seen: Payment, expected: Order.State) -> None:
    assert state_of(seen, price=PRICE, now=State.PENDING) is expected


def test_the_sdk_says_no_dispute_status_that_we_do_not_know() -> None:
    assert statuses_of_the_sdk() == set(DISPUTE_STATES)
    assert {status for status in DISPUTE_STATES if status.endswith("needs_response")} == NEEDS_RESPONSE


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        pytest.param([], DisputeState.NONE, id="none"),
        pytest.param(["warning_needs_response"], DisputeState.NONE, id="an inquiry takes no money"),
        pytest.param(["prevented"], DisputeState.NONE, id="prevented"),
        pytest.param(["won"], DisputeState.NONE, id="won"),
        pytest.param(["needs_response"], DisputeState.OPEN, id="open"),
        pytest.param(["under_review", "won"], DisputeState.OPEN, id="one of two open"),
        pytest.param(["lost", "needs_response"], DisputeState.LOST, id="one of two lost"),
        pytest.param(["of_tomorrow", "won", "needs_response"], DisputeState.UNKNOWN, id="one unknown"),
    ],
)
def test_disputes_are_summed_up(statuses: list[str], expected: DisputeState) -> None:
    assert sum_up(dispute_state(status) for status in statuses) is expected


@pytest.mark.parametrize("now", [state for state in State if state is not State.PENDING])
def test_no_payment_moves_nothing_but_a_pending_order(now: Order.State) -> None:
    assert state_of(payment(paid=False, status="expired"), price=PRICE, now=now) is now


def test_every_state_has_its_row_and_its_kind() -> None:
    assert set(TRANSITIONS) == set(State)
    assert set(State) == UNPAID_STATES | PAID_STATES
    assert UNPAID_STATES.isdisjoint(PAID_STATES)
    assert (HOLDING_STATES | GONE_STATES) | {State.DISPUTED} == PAID_STATES


def test_what_is_paid_never_becomes_unpaid_and_what_is_gone_stays() -> None:
    assert all(TRANSITIONS[state].isdisjoint(UNPAID_STATES) for state in PAID_STATES)
    assert all(not TRANSITIONS[state] for state in GONE_STATES)


@given(amount=st.integers(1, 99_999_999), percent=st.integers(0, 100))
def test_our_fee_is_a_part_of_the_amount(amount: int, percent: int) -> None:
    fee = Money(amount, "eur").share(percent=percent).minor

    assert 0 <= fee <= amount
    assert abs(fee * 100 - amount * percent) < 100


@given(
    refunded=st.integers(0, AMOUNT),
    status_of_dispute=st.sampled_from([*DISPUTE_STATES, "of_tomorrow"]),
    paid=st.booleans(),
    status=st.sampled_from(["open", "complete", "expired"]),
    now=st.sampled_from(State),
)
def test_nobody_holds_what_was_not_paid_or_went_back(
    refunded: int, status_of_dispute: str, *, paid: bool, status: str, now: Order.State
) -> None:
    state = state_of(
        payment(refunded=Money(refunded, "eur"), disputes=dispute(status_of_dispute), paid=paid, status=status), price=PRICE, now=now
    )

    if paid:
        assert (state in HOLDING_STATES) == (refunded < AMOUNT and dispute_state(status_of_dispute) is DisputeState.NONE)
    else:
        assert state is now or (now is State.PENDING and state in UNPAID_STATES)
