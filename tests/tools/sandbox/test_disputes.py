"""The buyer's bank takes the money back, and perhaps returns it."""

import pytest
import stripe

from tests.tools.sandbox.conftest import Sandbox


def test_dispute_is_opened_and_lost(sandbox: Sandbox) -> None:
    session = sandbox.sale()
    sandbox.events.take(7)

    opened = sandbox.control(f"/charges/{session.payment_intent}/dispute", reason="product_not_received")
    sandbox.control(f"/disputes/{opened['id']}/lose")

    dispute = sandbox.api.disputes.retrieve(opened["id"], {"expand": ["charge"]})
    assert (dispute.status, dispute.reason, dispute.amount) == ("lost", "product_not_received", 4900)
    assert (dispute.charge.disputed, dispute.payment_intent) == (True, session.payment_intent)
    assert [(entry.amount, entry.fee) for entry in dispute.balance_transactions] == [(-4900, 2000)]
    assert sandbox.events.take(3) == [
        "charge.dispute.closed",
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
    ]


def test_won_dispute_returns_the_money(sandbox: Sandbox) -> None:
    session = sandbox.sale()
    opened = sandbox.control(f"/charges/{session.payment_intent}/dispute")

    sandbox.control(f"/disputes/{opened['id']}/win")

    dispute = sandbox.api.disputes.list({"payment_intent": session.payment_intent}).data[0]
    assert (dispute.status, [entry.net for entry in dispute.balance_transactions]) == ("won", [-6900, 6900])
    assert sandbox.events.until("charge.dispute.funds_reinstated").data.object["id"] == dispute.id
    sandbox.api.refunds.create({"charge": dispute.charge})


def test_disputed_charge_is_not_refunded(sandbox: Sandbox) -> None:
    session = sandbox.sale()
    opened = sandbox.control(f"/charges/{session.payment_intent}/dispute")

    with pytest.raises(stripe.InvalidRequestError) as caught:
        sandbox.api.refunds.create({"payment_intent": session.payment_intent})

    assert caught.value.code == "charge_disputed"
    again = sandbox.http.post(f"/sandbox/api/charges/{opened['charge']}/dispute", json={})
    assert again.status_code == 400


def test_evidence_puts_the_dispute_under_review(sandbox: Sandbox) -> None:
    opened = sandbox.control(f"/charges/{sandbox.sale().payment_intent}/dispute")

    evidence = {"product_description": "An image", "service_date": "today"}
    sent = sandbox.api.disputes.update(opened["id"], {"evidence": evidence, "submit": True})

    assert sandbox.api.disputes.update(opened["id"], {"metadata": {"a": "1"}}).status == "under_review"
    assert (sent.status, sent.evidence.product_description) == ("under_review", "An image")
    assert sandbox.events.until("charge.dispute.updated").data.object["id"] == opened["id"]


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("/charges/ch_none/dispute", {}),
        ("/charges/{intent}/dispute", {"reason": "boredom"}),
        ("/disputes/dp_none/win", {}),
        ("/disputes/{dispute}/draw", {}),
        ("/disputes/{dispute}/appeal", {}),
        ("/disputes/dp_none/status", {"status": "won"}),
    ],
)
def test_impossible_dispute_command_is_refused(sandbox: Sandbox, path: str, values: dict[str, str]) -> None:
    intent, other = sandbox.sale().payment_intent, sandbox.sale().payment_intent
    dispute = sandbox.control(f"/charges/{other}/dispute")["id"]

    answer = sandbox.http.post("/sandbox/api" + path.format(intent=intent, dispute=dispute), json=values)

    assert answer.status_code == 400
    assert [entry.id for entry in sandbox.api.disputes.list().data] == [dispute]


def test_closed_dispute_stays_closed(sandbox: Sandbox) -> None:
    opened = sandbox.control(f"/charges/{sandbox.sale().payment_intent}/dispute")
    sandbox.control(f"/disputes/{opened['id']}/lose")

    assert sandbox.http.post(f"/sandbox/api/disputes/{opened['id']}/win", json={}).status_code == 400
    assert sandbox.api.disputes.retrieve(opened["id"]).status == "lost"


@pytest.mark.parametrize(("verdict", "nets"), [("win", [-6900, 6900, -6900]), ("lose", [-6900])])
def test_a_decided_dispute_is_decided_once_more_on_appeal(sandbox: Sandbox, verdict: str, nets: list[int]) -> None:
    key = sandbox.control(f"/charges/{sandbox.sale().payment_intent}/dispute")["id"]
    sandbox.control(f"/disputes/{key}/{verdict}")

    sandbox.control(f"/disputes/{key}/appeal")

    dispute = sandbox.api.disputes.retrieve(key)
    assert (dispute.status, [entry.net for entry in dispute.balance_transactions]) == ("appeal_needs_response", nets)
    with pytest.raises(stripe.InvalidRequestError):
        sandbox.api.refunds.create({"charge": dispute.charge})
    assert sandbox.api.disputes.update(key, {"submit": True}).status == "appeal_under_review"
    sandbox.control(f"/disputes/{key}/win")
    assert sandbox.api.disputes.retrieve(key).balance_transactions[-1].net == 6900


def test_an_inquiry_takes_no_money_and_leaves_the_charge_refundable(sandbox: Sandbox) -> None:
    opened = sandbox.control(f"/charges/{sandbox.sale().payment_intent}/dispute", inquiry=True)

    dispute = sandbox.api.disputes.retrieve(opened["id"])
    assert (dispute.status, dispute.is_charge_refundable, list(dispute.balance_transactions)) == ("warning_needs_response", True, [])
    assert sandbox.api.disputes.update(dispute.id, {"submit": True}).status == "warning_under_review"
    sandbox.api.refunds.create({"charge": dispute.charge})


def test_a_dispute_can_say_what_no_stripe_says_yet(sandbox: Sandbox) -> None:
    opened = sandbox.control(f"/charges/{sandbox.sale().payment_intent}/dispute")

    sandbox.control(f"/disputes/{opened['id']}/status", status="of_tomorrow")

    assert sandbox.api.disputes.retrieve(opened["id"]).status == "of_tomorrow"
    assert sandbox.events.until("charge.dispute.updated").data.object["id"] == opened["id"]


def test_a_dispute_without_an_answer_is_lost_and_an_inquiry_closed(sandbox: Sandbox) -> None:
    dispute = sandbox.control(f"/charges/{sandbox.sale().payment_intent}/dispute")["id"]
    answered = sandbox.control(f"/charges/{sandbox.sale().payment_intent}/dispute")["id"]
    inquiry = sandbox.control(f"/charges/{sandbox.sale().payment_intent}/dispute", inquiry=True)["id"]
    sandbox.api.disputes.update(answered, {"evidence": {"product_description": "An image"}, "submit": True})

    sandbox.control("/clock/advance", days=8)

    shown = {key: sandbox.api.disputes.retrieve(key) for key in (dispute, answered, inquiry)}
    assert [one.status for one in shown.values()] == ["lost", "under_review", "warning_closed"]
    assert [one.evidence_details.past_due for one in shown.values()] == [True, False, True]
    with pytest.raises(stripe.InvalidRequestError, match="no more evidence is taken"):
        sandbox.api.disputes.update(dispute, {"evidence": {"product_description": "Late"}})
    assert sandbox.api.disputes.retrieve(dispute).evidence.product_description is None


@pytest.mark.parametrize(
    ("words", "status"), [("winning_evidence", "won"), ("losing_evidence", "lost"), ("The seller says:\nwinning_evidence", "won")]
)
def test_two_words_of_evidence_decide_at_once(sandbox: Sandbox, words: str, status: str) -> None:
    opened = sandbox.control(f"/charges/{sandbox.sale().payment_intent}/dispute")

    sent = sandbox.api.disputes.update(opened["id"], {"evidence": {"uncategorized_text": words}, "submit": True})

    assert (sent.status, sent.evidence_details.submission_count, sent.evidence_details.has_evidence) == (status, 1, True)


def test_a_dispute_is_accepted(sandbox: Sandbox) -> None:
    opened = sandbox.control(f"/charges/{sandbox.sale().payment_intent}/dispute")

    assert sandbox.api.disputes.close(opened["id"]).status == "lost"


def test_evidence_that_is_too_long_is_refused(sandbox: Sandbox) -> None:
    opened = sandbox.control(f"/charges/{sandbox.sale().payment_intent}/dispute")
    fields = ("product_description", "access_activity_log", "uncategorized_text", "refund_policy_disclosure", "refund_refusal_explanation")
    more = ("cancellation_rebuttal", "cancellation_policy_disclosure", "duplicate_charge_explanation")

    for evidence in ({"product_description": "x" * 20_001}, dict.fromkeys((*fields, *more), "x" * 20_000)):
        with pytest.raises(stripe.InvalidRequestError, match="at most"):
            sandbox.api.disputes.update(opened["id"], {"evidence": evidence, "submit": True})

    shown = sandbox.api.disputes.retrieve(opened["id"])
    assert (shown.status, shown.evidence.product_description) == ("needs_response", None)


def test_a_dispute_of_a_bank_debit_is_lost_at_once(sandbox: Sandbox) -> None:
    session = sandbox.session()
    sandbox.control(f"/sessions/{session.id}/pay-later")
    sandbox.control(f"/sessions/{session.id}/settle")
    intent = sandbox.api.checkout.sessions.retrieve(session.id).payment_intent

    opened = sandbox.control(f"/charges/{intent}/dispute", reason="debit_not_authorized")

    dispute = sandbox.api.disputes.retrieve(opened["id"])
    assert (dispute.status, dispute.reason, dispute.evidence_details.due_by) == ("lost", "debit_not_authorized", None)
    assert [entry.amount for entry in dispute.balance_transactions] == [-4900]
    assert sandbox.events.until("charge.dispute.closed").data.object["status"] == "lost"
