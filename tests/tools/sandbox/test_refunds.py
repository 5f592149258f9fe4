"""Money goes back: whole or in part, with the seller's share and the fee."""

from typing import Any

import pytest
import stripe

from tests.tools.sandbox.conftest import Sandbox


def refund(sandbox: Sandbox, session: Any, **params: Any) -> Any:
    return sandbox.api.refunds.create({"payment_intent": session.payment_intent} | params)


def charge_of(sandbox: Sandbox, session: Any) -> Any:
    intent = sandbox.api.payment_intents.retrieve(session.payment_intent)
    return sandbox.api.charges.retrieve(intent.latest_charge, {"expand": ["refunds"]})


def refusal(sandbox: Sandbox, **params: Any) -> tuple[str | None, str | None, str]:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        sandbox.api.refunds.create(params)
    return caught.value.code, caught.value.param, str(caught.value.user_message)


def test_full_refund_returns_seller_share_and_fee(sandbox: Sandbox) -> None:
    session = sandbox.sale(fee=490)

    made = refund(sandbox, session, reverse_transfer=True, refund_application_fee=True, reason="requested_by_customer")

    charge = charge_of(sandbox, session)
    assert (made.status, made.amount, made.charge, made.reason) == (
        "succeeded",
        4900,
        charge.id,
        "requested_by_customer",
    )
    assert (charge.refunded, charge.amount_refunded) == (True, 4900)
    assert [entry.id for entry in charge.refunds.data] == [made.id]
    transfer = sandbox.api.transfers.retrieve(charge.transfer)
    assert (transfer.reversed, transfer.amount_reversed) == (True, 4900)
    assert transfer.reversals.data[0].id == made.transfer_reversal
    fee = sandbox.api.application_fees.retrieve(charge.application_fee)
    assert (fee.refunded, fee.amount_refunded) == (True, 490)
    entry = sandbox.api.balance_transactions.retrieve(made.balance_transaction, {"expand": ["source"]})
    assert (entry.amount, entry.type, entry.source.id) == (-4900, "refund", made.id)


def test_partial_refunds_return_their_share_and_the_last_the_rest(sandbox: Sandbox) -> None:
    session = sandbox.sale(fee=491)
    back = {"reverse_transfer": True, "refund_application_fee": True}

    for amount in (1633, 1633):
        refund(sandbox, session, amount=amount, **back)

    charge = charge_of(sandbox, session)
    fee = sandbox.api.application_fees.retrieve(charge.application_fee)
    assert (charge.refunded, charge.amount_refunded, fee.amount_refunded) == (False, 3266, 326)
    refund(sandbox, session, **back)
    assert sandbox.api.application_fees.retrieve(fee.id).amount_refunded == 491
    assert sandbox.api.transfers.retrieve(charge.transfer).amount_reversed == 4900


def test_refund_without_reversal_leaves_the_seller_paid(sandbox: Sandbox) -> None:
    session = sandbox.sale()

    made = refund(sandbox, session)

    charge = charge_of(sandbox, session)
    assert made.transfer_reversal is None
    assert sandbox.api.transfers.retrieve(charge.transfer).amount_reversed == 0
    assert sandbox.api.application_fees.retrieve(charge.application_fee).amount_refunded == 0


def test_refund_sends_its_events(sandbox: Sandbox) -> None:
    session = sandbox.sale()
    sandbox.events.take(7)

    made = refund(sandbox, session, metadata={"order": "order-1"})

    told = {(event := sandbox.events.next()).type: event for _ in range(3)}
    assert sorted(told) == ["charge.refunded", "refund.created", "refund.updated"]
    charge = told["charge.refunded"].data
    assert charge.previous_attributes is not None
    assert (charge.object["amount_refunded"], charge.previous_attributes["amount_refunded"]) == (4900, 0)
    assert told["refund.created"].data.object["metadata"].to_dict() == {"order": "order-1"}
    assert told["refund.updated"].data.object["id"] == made.id


def test_refund_by_charge_is_listed_and_changed(sandbox: Sandbox) -> None:
    session = sandbox.sale()
    made = sandbox.api.refunds.create({"charge": charge_of(sandbox, session).id})

    sandbox.api.refunds.update(made.id, {"metadata": {"why": "asked"}})

    assert sandbox.api.refunds.retrieve(made.id, {"expand": ["charge"]}).charge.id == made.charge
    listed = sandbox.api.refunds.list({"payment_intent": session.payment_intent}).data
    assert [(entry.id, entry.metadata.to_dict()) for entry in listed] == [(made.id, {"why": "asked"})]


def test_more_than_is_left_is_refused(sandbox: Sandbox) -> None:
    session = sandbox.sale()
    refund(sandbox, session, amount=4000)

    assert refusal(sandbox, payment_intent=session.payment_intent, amount=901) == (
        None,
        "amount",
        "Refund amount (€9.01) is greater than unrefunded amount on charge (€9.00)",
    )
    assert charge_of(sandbox, session).amount_refunded == 4000


def test_second_full_refund_is_refused(sandbox: Sandbox) -> None:
    session = sandbox.sale()
    charge = refund(sandbox, session).charge

    code, _, message = refusal(sandbox, payment_intent=session.payment_intent)

    assert (code, message) == ("charge_already_refunded", f"Charge {charge} has already been refunded.")


def test_refund_needs_one_of_charge_and_intent(sandbox: Sandbox) -> None:
    session = sandbox.sale()

    assert refusal(sandbox)[0] == "parameter_missing"
    both = {"charge": "ch_1", "payment_intent": session.payment_intent}
    assert refusal(sandbox, **both)[0] == "parameters_exclusive"
    assert refusal(sandbox, payment_intent="pi_none")[0] == "resource_missing"
    assert refusal(sandbox, payment_intent=session.payment_intent, amount=0)[0] == "parameter_invalid_integer"


def test_nothing_to_reverse_is_refused(sandbox: Sandbox) -> None:
    session = sandbox.session()
    sandbox.control(f"/sessions/{session.id}/pay")
    intent = sandbox.api.checkout.sessions.retrieve(session.id).payment_intent

    assert refusal(sandbox, payment_intent=intent, reverse_transfer=True)[1] == "reverse_transfer"
    assert refusal(sandbox, payment_intent=intent, refund_application_fee=True)[1] == "refund_application_fee"


def test_unpaid_intent_is_refused(sandbox: Sandbox) -> None:
    session = sandbox.session()
    sandbox.control(f"/sessions/{session.id}/decline")
    intent = sandbox.api.checkout.sessions.retrieve(session.id).payment_intent
    charge = sandbox.api.payment_intents.retrieve(intent).latest_charge

    assert refusal(sandbox, payment_intent=intent)[0] == "payment_intent_unexpected_state"
    assert refusal(sandbox, charge=charge)[1] == "charge"


def test_transfer_of_a_part_is_reversed_in_proportion(sandbox: Sandbox) -> None:
    split = {"transfer_data": {"destination": sandbox.seller(), "amount": 4000}}
    session = sandbox.session(payment_intent_data=split)
    sandbox.control(f"/sessions/{session.id}/pay")
    paid = sandbox.api.checkout.sessions.retrieve(session.id)

    refund(sandbox, paid, amount=2450, reverse_transfer=True)

    transfer = sandbox.api.transfers.retrieve(charge_of(sandbox, paid).transfer)
    assert (transfer.amount, transfer.amount_reversed, transfer.reversed) == (4000, 2000, False)


def test_a_refund_that_fails_is_back_on_the_balance(sandbox: Sandbox) -> None:
    session = sandbox.sale()
    made = refund(sandbox, session)

    sandbox.control(f"/refunds/{made.id}/fail")

    failed = sandbox.api.refunds.retrieve(made.id, {"expand": ["failure_balance_transaction"]})
    charge = charge_of(sandbox, session)
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    assert (failed.failure_balance_transaction.type, failed.failure_balance_transaction.net) == ("refund_failure", 4900)
    assert (charge.amount_refunded, charge.refunded) == (0, False)
    assert sandbox.events.until("refund.failed").data.object["id"] == made.id
    for path, values in ((made.id, {}), ("re_none", {}), (refund(sandbox, session).id, {"reason": "boredom"})):
        assert sandbox.http.post(f"/sandbox/api/refunds/{path}/fail", json=values).status_code == 400
