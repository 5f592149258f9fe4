"""The balance of the platform and of each connected account: every movement on both sides, with its fee, and when it may be paid out."""

from typing import Any, Literal, get_args, get_origin

import pytest
import stripe

from tests.tools.sandbox.conftest import Sandbox
from tests.tools.sandbox.receiver import session_params

DAY = 86400


def entries(sandbox: Sandbox, account: str = "", **filters: Any) -> list[Any]:
    """Movements, oldest first."""
    options = {"stripe_account": account} if account else {}
    listed = sandbox.api.balance_transactions.list({"limit": 2, **filters}, options=options)
    return list(listed.auto_paging_iter())[::-1]


def seen(sandbox: Sandbox, account: str = "") -> list[tuple[str, str, int, int]]:
    return [(one.type, one.reporting_category, one.amount, one.fee) for one in entries(sandbox, account)]


def sold(sandbox: Sandbox) -> tuple[Any, str]:
    """The charge of a sale of 49.00 with a fee of 4.90, and the seller's account."""
    session = sandbox.sale(fee=490)
    charge = sandbox.api.payment_intents.retrieve(session.payment_intent, {"expand": ["latest_charge.transfer"]}).latest_charge
    return charge, str(charge.transfer.destination)


def net(sandbox: Sandbox, account: str = "") -> int:
    options = {"stripe_account": account} if account else {}
    balance = sandbox.api.balance.retrieve(options=options)
    return sum(part.amount for part in [*balance.available, *balance.pending])


def test_a_sale_moves_money_on_both_sides(sandbox: Sandbox) -> None:
    charge, seller = sold(sandbox)

    assert seen(sandbox) == [
        ("charge", "charge", 4900, 99),
        ("transfer", "transfer", -4900, 0),
        ("application_fee", "platform_earning", 490, 0),
    ]
    assert seen(sandbox, seller) == [("payment", "charge", 4900, 490)]
    [payment] = entries(sandbox, seller)
    assert (payment.source, payment.fee_details[0].type) == (charge.transfer.destination_payment, "application_fee")
    fee = sandbox.api.application_fees.retrieve(charge.application_fee)
    assert (fee.charge, fee.originating_transaction) == (charge.transfer.destination_payment, charge.id)
    assert (net(sandbox), net(sandbox, seller)) == (391, 4410)


def test_a_direct_charge_pays_both_fees_itself(sandbox: Sandbox) -> None:
    seller = sandbox.seller()
    wanted = session_params(payment_intent_data={"application_fee_amount": 490})
    session = sandbox.api.checkout.sessions.create(wanted, options={"stripe_account": seller})

    sandbox.control(f"/sessions/{session.id}/pay")

    assert seen(sandbox, seller) == [("charge", "charge", 4900, 589)]
    assert seen(sandbox) == [("application_fee", "platform_earning", 490, 0)]


def test_a_refund_with_transfer_and_fee_moves_money_back_on_both_sides(sandbox: Sandbox) -> None:
    charge, seller = sold(sandbox)

    refund = sandbox.api.refunds.create({"charge": charge.id, "reverse_transfer": True, "refund_application_fee": True})

    assert seen(sandbox)[3:] == [
        ("refund", "refund", -4900, 0),
        ("transfer_refund", "transfer_reversal", 4900, 0),
        ("application_fee_refund", "platform_earning_refund", -490, 0),
    ]
    assert seen(sandbox, seller)[1:] == [("payment_refund", "refund", -4900, 0), ("adjustment", "fee", 490, 0)]
    reversal = sandbox.api.transfers.reversals.list(charge.transfer.id).data[0]
    assert (reversal.id, reversal.source_refund) == (refund.transfer_reversal, refund.id)
    assert entries(sandbox, seller)[1].source == reversal.destination_payment_refund
    assert (net(sandbox), net(sandbox, seller)) == (-99, 0)


def test_a_transfer_and_a_fee_are_taken_back_by_themselves(sandbox: Sandbox) -> None:
    charge, seller = sold(sandbox)

    reversal = sandbox.api.transfers.reversals.create(charge.transfer.id, {"amount": 900, "metadata": {"why": "dispute"}})
    returned = sandbox.api.application_fees.refunds.create(charge.application_fee, {"amount": 90})

    assert (reversal.amount, reversal.metadata["why"], reversal.source_refund) == (900, "dispute", None)
    assert [one.id for one in sandbox.api.application_fees.refunds.list(charge.application_fee).data] == [returned.id]
    assert (net(sandbox), net(sandbox, seller)) == (391 + 900 - 90, 4410 - 900 + 90)


def test_a_reversal_gives_the_fee_back_in_proportion_and_the_last_one_what_is_left(sandbox: Sandbox) -> None:
    charge, seller = sold(sandbox)

    for params in ({"amount": 1001}, {}):
        sandbox.api.transfers.reversals.create(charge.transfer.id, {"refund_application_fee": True, **params})

    returned = sandbox.api.application_fees.refunds.list(charge.application_fee).data
    assert [one.amount for one in returned] == [390, 100]
    assert (net(sandbox), net(sandbox, seller)) == (391 + 4900 - 490, 0)


def test_no_reversal_gives_a_fee_back_that_was_not_taken_or_takes_from_an_account_that_is_gone(sandbox: Sandbox) -> None:
    free = sandbox.session(payment_intent_data={"transfer_data": {"destination": sandbox.seller()}})
    sandbox.control(f"/sessions/{free.id}/pay")
    free = sandbox.api.checkout.sessions.retrieve(free.id)
    charge, seller = sold(sandbox)
    transfer = sandbox.api.payment_intents.retrieve(free.payment_intent, {"expand": ["latest_charge"]}).latest_charge.transfer
    sandbox.control(f"/accounts/{seller}/leave")

    with pytest.raises(stripe.InvalidRequestError, match="has no application fee"):
        sandbox.api.transfers.reversals.create(transfer, {"refund_application_fee": True})
    with pytest.raises(stripe.PermissionError, match="does not have access"):
        sandbox.api.transfers.reversals.create(charge.transfer.id)

    assert sandbox.api.transfers.retrieve(transfer).amount_reversed == 0
    assert sandbox.api.transfers.retrieve(charge.transfer.id).amount_reversed == 0


@pytest.mark.parametrize("amount", [0, 4901])
def test_no_more_than_was_sent_is_taken_back(sandbox: Sandbox, amount: int) -> None:
    charge, seller = sold(sandbox)

    for refused in (sandbox.api.transfers.reversals.create, sandbox.api.application_fees.refunds.create):
        key = charge.transfer.id if refused.__self__ is sandbox.api.transfers.reversals else charge.application_fee
        with pytest.raises(stripe.InvalidRequestError):
            refused(key, {"amount": amount})
    assert (net(sandbox), net(sandbox, seller)) == (391, 4410)
    sandbox.api.application_fees.refunds.create(charge.application_fee)
    with pytest.raises(stripe.InvalidRequestError, match="already been refunded"):
        sandbox.api.application_fees.refunds.create(charge.application_fee)


def test_the_platform_sends_what_it_has_available(sandbox: Sandbox) -> None:
    _, seller = sold(sandbox)
    wanted = {"amount": 100, "currency": "eur", "destination": seller}
    with pytest.raises(stripe.InvalidRequestError) as early:
        sandbox.api.transfers.create(wanted)
    sandbox.control("/clock/advance", days=2)

    made = sandbox.api.transfers.create(wanted | {"metadata": {"for": "goodwill"}})

    assert early.value.code == "balance_insufficient"
    assert (made.amount, made.metadata["for"], net(sandbox)) == (100, "goodwill", 391 - 100)
    for changes, param in (
        ({"destination": "acct_none"}, "destination"),
        ({"amount": 0}, "amount"),
        ({"source_transaction": "ch_1"}, "source_transaction"),
    ):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            sandbox.api.transfers.create(wanted | changes)
        assert refused.value.param == param


def test_a_dispute_takes_its_amount_and_a_fee_and_gives_both_back_when_won(sandbox: Sandbox) -> None:
    charge, seller = sold(sandbox)
    opened = sandbox.control(f"/charges/{charge.id}/dispute")
    assert seen(sandbox)[3:] == [("adjustment", "dispute", -4900, 2000)]

    sandbox.control(f"/disputes/{opened['id']}/win")

    assert seen(sandbox)[4:] == [("adjustment", "dispute_reversal", 4900, -2000)]
    assert [one.source for one in entries(sandbox, source=opened["id"])] == [opened["id"]] * 2
    assert len(entries(sandbox, seller)) == 1


def test_charges_are_pending_for_two_days(sandbox: Sandbox) -> None:
    charge, seller = sold(sandbox)
    before = sandbox.api.balance.retrieve(options={"stripe_account": seller})

    sandbox.control("/clock/advance", seconds=2 * DAY)

    assert (before.available[0].amount, before.pending[0].amount) == (0, 4410)
    entry = sandbox.api.balance_transactions.retrieve(charge.balance_transaction)
    assert (entry.status, entry.available_on) == ("available", entry.created + 2 * DAY)


def test_movements_are_listed_by_time_type_currency_and_source(sandbox: Sandbox) -> None:
    charge, _ = sold(sandbox)
    sandbox.control("/clock/advance", days=1)
    later, _ = sold(sandbox)

    cut = entries(sandbox, source=later.id)[0].created
    assert {one.created >= cut for one in entries(sandbox, created={"gte": cut})} == {True}
    assert [one.source for one in entries(sandbox, type="charge")] == [charge.id, later.id]
    assert [one.source for one in entries(sandbox, type="charge", created={"lt": cut})] == [charge.id]
    assert entries(sandbox, currency="usd") == []
    assert len(entries(sandbox)) == 6


def test_an_empty_balance_is_of_the_accounts_currency(sandbox: Sandbox) -> None:
    balance = sandbox.api.balance.retrieve(options={"stripe_account": sandbox.seller(country="GB")})

    assert [(part.amount, part.currency) for part in balance.available] == [(0, "gbp")]
    assert sandbox.api.balance.retrieve().pending[0].currency == "eur"


def test_each_type_of_movement_is_one_that_the_sdk_knows(sandbox: Sandbox) -> None:
    hint = stripe.BalanceTransaction.__annotations__["type"]
    known = {name for part in get_args(hint) if get_origin(part) is Literal for name in get_args(part)}
    charge, seller = sold(sandbox)
    sandbox.api.refunds.create({"charge": charge.id, "reverse_transfer": True, "refund_application_fee": True})

    assert {one.type for account in ("", seller) for one in entries(sandbox, account)} - known == set()
