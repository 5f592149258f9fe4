"""The transitions that an order's state may take, and the state that a payment at Stripe stands for."""

from billing.orders.models import Order
from billing.stripe.payment_data import DisputeState, Payment
from common.money import Money

State = Order.State

PAID_STATES = frozenset((State.PAID, State.PARTIALLY_REFUNDED, State.REFUNDED, State.DISPUTED, State.CHARGED_BACK))
UNPAID_STATES = frozenset((State.PENDING, State.EXPIRED, State.FAILED))
# What the buyer may pull follows from the state: in force, suspended while disputed, and nothing in all others.
HOLDING_STATES = frozenset((State.PAID, State.PARTIALLY_REFUNDED))
GONE_STATES = frozenset((State.REFUNDED, State.CHARGED_BACK))
# An order in one of these states has given back the use of its discount, and what was credited for it. One that a bank took back has not:
# it could else be used again and again.
RELEASED = (State.EXPIRED, State.FAILED, State.REFUNDED)

TRANSITIONS: dict[str, frozenset[State]] = {
    # We observe the present state, not events: a payment may already be refunded or disputed when we first hear of it.
    State.PENDING: PAID_STATES | {State.EXPIRED, State.FAILED},
    # A payment that comes late counts all the same.
    State.EXPIRED: PAID_STATES,
    State.FAILED: PAID_STATES,
    State.PAID: frozenset((State.PARTIALLY_REFUNDED, State.REFUNDED, State.DISPUTED, State.CHARGED_BACK)),
    # Back to paid: a refund that Stripe could not deliver.
    State.PARTIALLY_REFUNDED: frozenset((State.PAID, State.REFUNDED, State.DISPUTED, State.CHARGED_BACK)),
    State.DISPUTED: frozenset((State.PAID, State.PARTIALLY_REFUNDED, State.REFUNDED, State.CHARGED_BACK)),
    # Final: if money comes back after all, staff decide.
    State.REFUNDED: frozenset(),
    State.CHARGED_BACK: frozenset(),
}


def state_of(payment: Payment, *, price: Money, now: State) -> State:
    """Return the state that the payment stands for; `now` where it decides nothing.

    Args:
        payment: what Stripe says at this moment.
        price: what the order was sold for.
        now: the order's present state.
    """
    if payment.paid:
        return _state_of_money(payment, price)
    if now != State.PENDING:
        return now
    if payment.status == "expired":
        return State.EXPIRED
    if payment.status == "complete" and payment.intent_status in {"requires_payment_method", "canceled"}:
        return State.FAILED  # the bank debit was promised and did not come
    return now


def _state_of_money(payment: Payment, price: Money) -> State:
    if payment.refunded >= price:
        return State.REFUNDED
    if payment.dispute is DisputeState.LOST:
        return State.CHARGED_BACK
    if payment.dispute is not DisputeState.NONE:
        return State.DISPUTED  # also for a status that we do not know: nothing is granted or revoked for good
    return State.PARTIALLY_REFUNDED if payment.refunded.minor else State.PAID
