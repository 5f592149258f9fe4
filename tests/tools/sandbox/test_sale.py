"""A sale as the shop makes it, through the official SDK."""

from tests.tools.sandbox.conftest import Sandbox


def test_session_starts_open_and_unpaid(sandbox: Sandbox) -> None:
    session = sandbox.session()

    assert session.object == "checkout.session"
    assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
    assert (session.amount_total, session.currency) == (4900, "eur")
    assert session.expires_at - session.created == 86400
    assert session.url == f"{sandbox.url}/c/pay/{session.id}"
    assert (session.client_reference_id, session.metadata["order"]) == ("order-1", "order-1")


def test_paid_session_has_intent_and_charge(sandbox: Sandbox) -> None:
    seller = sandbox.seller()
    split = {"application_fee_amount": 490, "transfer_data": {"destination": seller}, "metadata": {"order": "order-1"}}
    session = sandbox.session(payment_intent_data=split)

    sandbox.control(f"/sessions/{session.id}/pay")

    expand = ["payment_intent.latest_charge.balance_transaction", "line_items"]
    paid = sandbox.api.checkout.sessions.retrieve(session.id, {"expand": expand})
    intent = paid.payment_intent
    assert (paid.status, paid.payment_status, paid.url) == ("complete", "paid", None)
    assert (intent.status, intent.amount_received, intent.metadata["order"]) == ("succeeded", 4900, "order-1")
    assert (intent.application_fee_amount, intent.transfer_data.destination) == (490, seller)
    charge = intent.latest_charge
    assert (charge.status, charge.paid, charge.captured, charge.amount) == ("succeeded", True, True, 4900)
    assert charge.balance_transaction.net == 4900 - charge.balance_transaction.fee
    assert [line.description for line in paid.line_items.data] == ["Postgres HA"]
    assert sandbox.api.transfers.retrieve(charge.transfer).amount == 4900
    assert sandbox.api.application_fees.retrieve(charge.application_fee).amount == 490


def test_sale_tells_its_story_in_signed_events(sandbox: Sandbox) -> None:
    session = sandbox.sale()

    told = sandbox.events.take(7)

    assert told == [
        "account.updated",
        "application_fee.created",
        "charge.succeeded",
        "checkout.session.completed",
        "payment_intent.created",
        "payment_intent.succeeded",
        "transfer.created",
    ]
    assert session.payment_status == "paid"
