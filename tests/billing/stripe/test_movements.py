"""What Stripe names of a payment's movements, where it names less than usual."""

from typing import Any

import pytest
import stripe

from billing.stripe.movements import read_movements
from common.money import Money

MOVED = {"id": "txn_1", "object": "balance_transaction", "amount": 500, "fee": 33, "currency": "eur", "created": 1, "available_on": 2}


def charge_of(**values: Any) -> stripe.Charge:
    usual = {"id": "ch_1", "object": "charge", "amount": 500, "currency": "eur", "transfer": None, "application_fee": None}
    made: stripe.Charge = stripe.Charge.construct_from({**usual, **values}, "sk_test_x")
    return made


def test_a_payment_that_nothing_was_passed_on_of_is_one_movement() -> None:
    [charge] = read_movements(stripe.StripeClient("sk_test_x").v1, charge_of(balance_transaction=MOVED), [], [])

    assert (charge.stripe_id, charge.source_id, charge.counterpart_id) == ("txn_1", "ch_1", "")
    assert (charge.amount, charge.fee, charge.net, charge.sold_amount) == tuple(Money(minor, "eur") for minor in (500, 33, 467, 500))


def test_what_has_not_moved_yet_is_no_movement() -> None:
    assert read_movements(stripe.StripeClient("sk_test_x").v1, charge_of(balance_transaction=None), [], []) == ()


def test_an_id_alone_is_a_fault_of_the_question() -> None:
    with pytest.raises(TypeError, match="expand"):
        read_movements(stripe.StripeClient("sk_test_x").v1, charge_of(balance_transaction="txn_1"), [], [])
