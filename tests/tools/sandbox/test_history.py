"""Sales from before the sandbox was started, which a shop can have refunded like any others."""

from typing import Any

import pytest
import stripe

from tests.tools.sandbox.conftest import Sandbox
from tests.tools.sandbox.receiver import session_params

AT = 1_700_000_000
INTENT = "pi_of_the_past"


def sale(destination: str, **changes: Any) -> dict[str, Any]:
    split = {"application_fee_amount": 490, "transfer_data": {"destination": destination}, "metadata": {"order_id": "1"}}
    params = session_params(payment_intent_data=split)
    return {"session": "cs_of_the_past", "intent": INTENT, "at": AT, "last4": "1881", "params": params, "refunds": []} | changes


def counts(sandbox: Sandbox) -> list[int]:
    api = sandbox.api
    return [len(kind.list({"limit": 100}).data) for kind in (api.checkout.sessions, api.payment_intents, api.charges, api.events)]


def test_a_sale_of_the_past_is_refunded_like_any_other(sandbox: Sandbox) -> None:
    destination = sandbox.seller()
    before = {"payment_intent": INTENT, "amount": 900, "reverse_transfer": True, "metadata": {"refund_id": "7"}}
    told = sale(destination, refunds=[{"id": "re_of_the_past", "at": AT + 60, "params": before}])
    events = len(sandbox.api.events.list({"limit": 100}).data)

    taken = sandbox.control("/history", sales=[told])

    session = sandbox.api.checkout.sessions.retrieve("cs_of_the_past", {"expand": ["payment_intent.latest_charge.transfer"]})
    charge = session.payment_intent.latest_charge
    assert (session.status, session.payment_status, session.created) == ("complete", "paid", AT)
    assert (taken["taken"], list(taken["moved"])) == (1, ["cs_of_the_past"])
    listed = {each.id: each for each in sandbox.api.balance_transactions.list({"limit": 100}).data}
    moved = taken["moved"]["cs_of_the_past"]
    assert sorted(one["id"] for one in moved) == sorted(listed)
    assert sorted((one["type"], one["refund"], one["counterpart"].partition("_")[0]) for one in moved) == [
        ("application_fee", "", ""),
        ("charge", "", ""),
        ("refund", "", ""),
        ("transfer", "", "py"),
        ("transfer_refund", "re_of_the_past", "pyr"),
    ]
    names = ("type", "source", "amount", "fee", "currency", "created", "available_on")
    assert all(one[name] == listed[one["id"]][name] for one in moved for name in names)
    assert (session.payment_intent.id, session.payment_intent.metadata["order_id"]) == (INTENT, "1")
    assert (charge.created, charge.payment_method_details.card.last4, charge.amount_refunded) == (AT, "1881", 900)
    assert (charge.transfer.destination, charge.transfer.created) == (destination, AT)
    assert len(sandbox.api.events.list({"limit": 100}).data) == events  # nobody is told of the past

    rest = sandbox.api.refunds.create({"payment_intent": INTENT, "reverse_transfer": True, "refund_application_fee": True})
    refunds = sandbox.api.refunds.list({"payment_intent": INTENT}).data
    assert [(one.id, one.amount) for one in refunds] == [(rest.id, 4000), ("re_of_the_past", 900)]
    assert sandbox.events.until("charge.refunded").data.object.refunded is True


def test_a_known_session_stays_as_it_is(sandbox: Sandbox) -> None:
    told = sale(sandbox.seller())
    sandbox.control("/history", sales=[told])
    before = counts(sandbox)

    assert sandbox.control("/history", sales=[told | {"at": AT + 1}]) == {"taken": 0, "moved": {}}

    assert counts(sandbox) == before


@pytest.mark.parametrize("bad", [{"last4": None}, {"params": session_params(customer_email="nobody")}])
def test_of_a_history_with_a_bad_sale_nothing_is_taken_in(sandbox: Sandbox, bad: dict[str, Any]) -> None:
    good = sale(sandbox.seller())
    broken = {name: value for name, value in (good | {"session": "cs_2", "intent": "pi_2"} | bad).items() if value is not None}

    answer = sandbox.http.post("/sandbox/api/history", json={"sales": [good, broken]})

    assert answer.status_code == 400
    with pytest.raises(stripe.InvalidRequestError):
        sandbox.api.checkout.sessions.retrieve("cs_of_the_past")
