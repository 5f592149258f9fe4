"""Payouts by schedule and by hand: paid, failed, returned and taken back."""

from datetime import date
from typing import Any

import pytest
import stripe

from tests.tools.sandbox.conftest import Sandbox
from tools.sandbox.payouts import is_payday


@pytest.fixture
def seller(sandbox: Sandbox) -> str:
    """An account with 44.10 to be paid out in two days."""
    account = sandbox.seller()
    split = {"application_fee_amount": 490, "transfer_data": {"destination": account}}
    sandbox.control(f"/sessions/{sandbox.session(payment_intent_data=split).id}/pay")
    return account


def payouts(sandbox: Sandbox, account: str = "", **filters: Any) -> list[Any]:
    return list(sandbox.api.payouts.list(filters, options={"stripe_account": account} if account else {}).data)


def moves(sandbox: Sandbox, account: str, **filters: Any) -> list[tuple[str, int]]:
    listed = sandbox.api.balance_transactions.list(filters, options={"stripe_account": account}).data
    return [(one.type, one.net) for one in listed[::-1]]


def test_what_is_available_is_paid_out_by_itself(sandbox: Sandbox, seller: str) -> None:
    sandbox.control("/clock/advance", days=2)
    assert payouts(sandbox, seller) == []
    sandbox.control("/clock/advance", days=1)
    [payout] = payouts(sandbox, seller)
    assert (payout.amount, payout.automatic, payout.status, payout.reconciliation_status) == (4410, True, "pending", "in_progress")
    assert [one.amount for one in payouts(sandbox)] == [391]

    sandbox.control("/clock/advance", days=1)
    moving = sandbox.api.payouts.retrieve(payout.id, options={"stripe_account": seller}).status
    clock = sandbox.control("/clock/advance", days=1)

    [paid] = payouts(sandbox, seller, status="paid", arrival_date={"lte": clock["now"]})
    assert (moving, paid.status, paid.reconciliation_status) == ("in_transit", "paid", "completed")
    assert moves(sandbox, seller) == [("payment", 4410), ("payout", -4410)]
    assert moves(sandbox, seller, payout=payout.id) == moves(sandbox, seller)
    event = sandbox.events.until("payout.paid")
    assert sandbox.http.get("/sandbox/api/clock").json()["ahead"] == 5 * 86400
    assert event.data.object["object"] == "payout"


def test_a_payout_that_fails_comes_back_and_stops_further_ones(sandbox: Sandbox, seller: str) -> None:
    sandbox.control(f"/accounts/{seller}/bank", fails="no_account")
    sandbox.control("/clock/advance", days=6)
    [failed] = payouts(sandbox, seller)

    assert (failed.status, failed.failure_code) == ("failed", "no_account")
    assert moves(sandbox, seller) == [("payment", 4410), ("payout", -4410), ("payout_failure", 4410)]
    assert failed.failure_balance_transaction.startswith("txn_")
    assert sandbox.events.until("payout.failed").account == seller
    sandbox.control(f"/accounts/{seller}/bank")
    sandbox.control("/clock/advance", days=3)
    assert [one.status for one in payouts(sandbox, seller)] == ["paid", "failed"]


def test_what_a_balance_lacks_is_taken_from_the_bank(sandbox: Sandbox, seller: str) -> None:
    sandbox.control("/clock/advance", days=5)
    (charge,) = sandbox.api.charges.list().data
    sandbox.api.refunds.create({"charge": charge.id, "reverse_transfer": True, "refund_application_fee": True})
    sandbox.control(f"/accounts/{seller}/debit")
    [debit, _] = payouts(sandbox, seller)

    assert (debit.amount, debit.status, debit.automatic) == (-4410, "pending", True)
    assert moves(sandbox, seller)[-1] == ("payout", 4410)
    assert sandbox.http.post(f"/sandbox/api/accounts/{seller}/debit", json={}).status_code == 400
    sandbox.control(f"/accounts/{seller}/bank", fails="account_closed")
    for _ in range(2):
        sandbox.control(f"/payouts/{debit.id}/move-on")
    assert moves(sandbox, seller)[-1] == ("payout_failure", -4410)
    assert sandbox.http.post(f"/sandbox/api/accounts/{seller}/debit", json={}).status_code == 400  # not before the bank is another one


def test_a_bank_sends_back_what_was_paid(sandbox: Sandbox, seller: str) -> None:
    sandbox.control("/clock/advance", days=5)
    [paid] = payouts(sandbox, seller, status="paid")

    sandbox.control(f"/payouts/{paid.id}/fail", code="account_closed")

    assert payouts(sandbox, seller)[0].failure_message == "The bank account has been closed."
    assert moves(sandbox, seller)[-1] == ("payout_failure", 4410)


def test_payouts_by_hand(sandbox: Sandbox, seller: str) -> None:
    own: Any = {"stripe_account": seller}
    schedule = {"settings": {"payouts": {"schedule": {"interval": "manual", "delay_days": "minimum"}}}}
    sandbox.api.accounts.update(seller, schedule)
    sandbox.control("/clock/advance", days=4)

    made = sandbox.api.payouts.create({"amount": 400, "currency": "eur", "metadata": {"a": "1"}}, options=own)
    gone = sandbox.api.payouts.create({"amount": 10, "currency": "eur"}, options=own)

    assert sandbox.api.payouts.cancel(gone.id, options=own).status == "canceled"
    assert (made.automatic, made.status, made.arrival_date - made.created) == (False, "pending", 2 * 86400)
    assert sandbox.api.payouts.update(made.id, {"metadata": {"b": "2"}}, options=own).metadata.to_dict() == {"a": "1", "b": "2"}
    assert moves(sandbox, seller)[1:] == [("payout", -400), ("payout", -10), ("payout_cancel", 10)]
    with pytest.raises(stripe.InvalidRequestError, match="only be filtered on automatic"):
        sandbox.api.balance_transactions.list({"payout": made.id}, options=own)
    for _ in range(2):
        sandbox.control(f"/payouts/{made.id}/move-on")
    assert sandbox.http.post(f"/sandbox/api/payouts/{made.id}/move-on", json={}).status_code == 400
    with pytest.raises(stripe.InvalidRequestError, match="only be canceled while pending"):
        sandbox.api.payouts.cancel(made.id, options=own)
    assert sandbox.api.payouts.retrieve(made.id, options=own).status == "paid"


@pytest.mark.parametrize(
    ("changes", "code", "param"),
    [
        ({"amount": 4411}, "balance_insufficient", "amount"),
        ({"amount": 0}, "parameter_invalid_integer", "amount"),
        ({"currency": "usd"}, "balance_insufficient", "amount"),
        ({"method": "instant"}, None, "method"),
        ({"destination": "ba_1"}, None, "destination"),
    ],
)
def test_an_impossible_payout_is_refused(sandbox: Sandbox, seller: str, changes: dict[str, Any], code: str | None, param: str) -> None:
    sandbox.api.accounts.update(seller, {"settings": {"payouts": {"schedule": {"interval": "manual"}}}})
    sandbox.control("/clock/advance", days=3)

    with pytest.raises(stripe.InvalidRequestError) as refused:
        sandbox.api.payouts.create({"amount": 100, "currency": "eur"} | changes, options={"stripe_account": seller})

    assert (refused.value.code, refused.value.param) == (code, param)
    assert payouts(sandbox, seller) == []


def test_an_account_that_may_not_be_paid_out_is_not(sandbox: Sandbox, seller: str) -> None:
    sandbox.control(f"/accounts/{seller}", enabled=False)
    sandbox.control("/clock/advance", days=4)

    with pytest.raises(stripe.InvalidRequestError, match="not enabled"):
        sandbox.api.payouts.create({"amount": 100, "currency": "eur"}, options={"stripe_account": seller})

    sandbox.control(f"/accounts/{seller}")
    sandbox.control(f"/accounts/{seller}/leave")
    sandbox.control("/clock/advance", days=1)
    sandbox.control(f"/accounts/{seller}/come-back")
    assert payouts(sandbox, seller) == []


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("/payouts/po_none/fail", {}),
        ("/payouts/{payout}/fail", {"code": "boredom"}),
        ("/accounts/acct_none/bank", {}),
        ("/bank", {"fails": "boredom"}),
        ("/clock/advance", {}),
        ("/clock/advance", {"days": -1}),
        ("/clock/advance", {"days": 400}),
    ],
)
def test_an_impossible_command_is_refused(sandbox: Sandbox, seller: str, path: str, values: dict[str, Any]) -> None:
    sandbox.control("/clock/advance", days=3)
    [payout] = payouts(sandbox, seller)

    answer = sandbox.http.post("/sandbox/api" + path.format(payout=payout.id), json=values)

    assert 400 <= answer.status_code < 404
    assert payouts(sandbox, seller)[0].status == "pending"


@pytest.mark.parametrize(
    ("schedule", "day", "expected"),
    [
        ({"interval": "daily"}, date(2026, 11, 29), True),
        ({"interval": "manual"}, date(2026, 11, 29), False),
        ({"interval": "weekly", "weekly_anchor": "sunday"}, date(2026, 11, 29), True),
        ({"interval": "weekly", "weekly_payout_days": ["monday"]}, date(2026, 11, 29), False),
        ({"interval": "monthly", "monthly_anchor": 31}, date(2026, 11, 30), True),
        ({"interval": "monthly", "monthly_payout_days": [1, 15]}, date(2026, 11, 30), False),
    ],
)
def test_paydays(schedule: dict[str, Any], day: date, expected: bool) -> None:  # noqa: FBT001  a parameter of pytest
    assert is_payday(schedule, day) is expected


@pytest.mark.parametrize(
    ("settings", "param"),
    [
        ({"payouts": {"schedule": {"interval": "weekly"}}}, "settings[payouts][schedule][weekly_anchor]"),
        ({"branding": {"primary_color": "#000000"}}, "settings[branding]"),
    ],
)
def test_a_schedule_is_whole_and_other_settings_are_not_played(sandbox: Sandbox, settings: dict[str, Any], param: str) -> None:
    account = sandbox.seller()

    with pytest.raises(stripe.InvalidRequestError) as refused:
        sandbox.api.accounts.update(account, {"settings": settings})

    assert refused.value.param == param
    assert sandbox.api.accounts.retrieve(account).settings.payouts.schedule.interval == "daily"
