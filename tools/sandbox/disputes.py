"""Disputes: a buyer's bank takes the money back; opened and decided by the control pages."""

from typing import Any

from tools.sandbox import balance
from tools.sandbox.act import Act
from tools.sandbox.errors import InvalidRequest
from tools.sandbox.files import require_files
from tools.sandbox.params import write_metadata
from tools.sandbox.sessions import LATER

A_WEEK = 7 * 86400
REASONS = frozenset({
    "credit_not_processed", "duplicate", "fraudulent", "general", "product_not_received", "product_unacceptable",
    "subscription_canceled", "unrecognized",
    # of bank debits
    "bank_cannot_process", "check_returned", "customer_initiated", "debit_not_authorized", "incorrect_account_details",
    "insufficient_funds",
})  # fmt: skip


SUBMITTED = {
    "needs_response": "under_review",
    "warning_needs_response": "warning_under_review",
    "appeal_needs_response": "appeal_under_review",
}
# https://docs.stripe.com/testing#disputes: evidence that decides in test mode; here also as a word of a longer text
VERDICTS = {"winning_evidence": "won", "losing_evidence": "lost"}
# https://docs.stripe.com/api/disputes/evidence_object
LONGEST_FIELD, LONGEST_EVIDENCE = 20_000, 150_000


def open_dispute(act: Act, charge_id: str, reason: str = "fraudulent", *, inquiry: bool = False) -> dict[str, Any]:
    """The bank takes the whole charge back, or only asks about it. Sends charge.dispute.created, and .funds_withdrawn if money moves.

    Of a bank debit it is final: nothing can be answered, and it is lost at once (docs.stripe.com/payments/sepa-debit).
    """
    charge = act.find("charge", charge_id, "charge")
    if charge["disputed"] or charge["status"] != "succeeded":
        raise InvalidRequest(f"Charge {charge_id} cannot be disputed now.", param="charge")
    if reason not in REASONS:
        raise InvalidRequest(f"Invalid reason: must be one of {', '.join(sorted(REASONS))}", param="reason")
    dispute = act.make(
        "dispute",
        amount=charge["amount"],
        charge=charge_id,
        currency=charge["currency"],
        payment_intent=charge["payment_intent"],
        reason=reason,
    )
    _ask(act, dispute)
    charge["disputed"] = True
    if inquiry:
        dispute |= {"status": "warning_needs_response", "is_charge_refundable": True}
        charge["_dispute_won"] = True  # nothing was taken, so it may be refunded
        act.store.save(dispute)
    else:
        _take(act, dispute)
    act.store.save(charge)
    act.emit("charge.dispute.created", dispute)
    if not inquiry:
        act.emit("charge.dispute.funds_withdrawn", dispute)
    if charge["payment_method_details"]["type"] == LATER and not inquiry:
        dispute["evidence_details"]["due_by"] = None
        act.store.save(dispute)
        return close_dispute(act, dispute["id"], won=False)
    return dispute


def close_dispute(act: Act, key: str, *, won: bool) -> dict[str, Any]:
    """The bank decides. Sends charge.dispute.closed, and .funds_reinstated if the money comes back."""
    dispute = act.find("dispute", key, "dispute")
    if dispute["status"] in {"won", "lost"}:
        raise InvalidRequest(f"Dispute {key} is closed already.", param="dispute")
    was = {"status": dispute["status"]}
    dispute |= {"status": "won" if won else "lost", "_waits_until": None}
    if won:
        charge = act.find("charge", dispute["charge"], "charge")
        act.store.save(charge | {"_dispute_won": True})
        _give_back(act, dispute)
        act.emit("charge.dispute.funds_reinstated", dispute)
    act.emit("charge.dispute.closed", act.store.save(dispute), was=was)
    return dispute


def appeal_dispute(act: Act, key: str) -> dict[str, Any]:
    """The decision is appealed, and the bank decides again; money that had come back is taken once more."""
    dispute = act.find("dispute", key, "dispute")
    if dispute["status"] not in {"won", "lost"}:
        raise InvalidRequest(f"Dispute {key} is not decided yet.", param="dispute")
    was = {"status": dispute["status"]}
    dispute["status"] = "appeal_needs_response"
    _ask(act, dispute)
    if was["status"] == "won":
        charge = act.find("charge", dispute["charge"], "charge")
        act.store.save(charge | {"_dispute_won": False})
        _take(act, dispute)
        act.emit("charge.dispute.funds_withdrawn", dispute)
    act.emit("charge.dispute.updated", act.store.save(dispute), was=was)
    return dispute


def set_status(act: Act, key: str, status: str) -> dict[str, Any]:
    """Set any status, even one that Stripe does not have yet, and move no money. Sends charge.dispute.updated."""
    dispute = act.find("dispute", key, "dispute")
    was, dispute["status"] = {"status": dispute["status"]}, status
    act.emit("charge.dispute.updated", act.store.save(dispute), was=was)
    return dispute


def time_out(act: Act, dispute: dict[str, Any]) -> None:
    """The deadline has passed without an answer: the bank keeps the money, and an inquiry is closed. Sends charge.dispute.closed."""
    dispute["evidence_details"]["past_due"] = True
    dispute["_waits_until"] = None
    act.store.save(dispute)
    if dispute["status"] == "warning_needs_response":
        dispute["status"] = "warning_closed"
        act.emit("charge.dispute.closed", act.store.save(dispute), was={"status": "warning_needs_response"})
    elif dispute["status"] in SUBMITTED:
        close_dispute(act, dispute["id"], won=False)


def update_dispute(act: Act, params: dict[str, Any], key: str) -> dict[str, Any]:
    """Evidence and metadata; submitted evidence is under review, and decided at once by the two words that Stripe knows for tests.

    Raises:
        InvalidRequest: evidence for a dispute whose deadline has passed, or which is decided.
    """
    dispute = act.find("dispute", key, "dispute")
    given = "evidence" in params or params.get("submit")
    if given and dispute["status"] not in SUBMITTED and dispute["status"] not in SUBMITTED.values():
        message = f"This dispute is {dispute['status']}: no more evidence is taken."
        raise InvalidRequest(message, code="dispute_already_closed" if dispute["status"] in {"won", "lost"} else None, param="evidence")
    _refuse_long(dispute["evidence"] | params.get("evidence", {}))
    require_files(act, params.get("evidence", {}))
    dispute["evidence"] |= params.get("evidence", {})
    dispute["evidence_details"]["has_evidence"] = any(dispute["evidence"].values())
    if params.get("submit"):
        dispute["status"] = SUBMITTED.get(dispute["status"], dispute["status"])
        dispute["_waits_until"] = None
        dispute["evidence_details"]["submission_count"] += 1
    write_metadata(dispute, params)
    act.emit("charge.dispute.updated", act.store.save(dispute))
    words = (dispute["evidence"]["uncategorized_text"] or "").split()
    if params.get("submit") and (verdict := next((VERDICTS[word] for word in words if word in VERDICTS), "")):
        return close_dispute(act, key, won=verdict == "won")
    return dispute


def _refuse_long(evidence: dict[str, Any]) -> None:
    texts = {name: text for name, text in evidence.items() if isinstance(text, str)}
    for name, text in texts.items():
        if len(text) > LONGEST_FIELD:
            message = f"Invalid string: {text[:10]}...; must be at most {LONGEST_FIELD} characters"
            raise InvalidRequest(message, param=f"evidence[{name}]")
    if sum(map(len, texts.values())) > LONGEST_EVIDENCE:
        raise InvalidRequest(f"The combined character count of all evidence is at most {LONGEST_EVIDENCE}.", param="evidence")


def accept_dispute(act: Act, _params: dict[str, Any], key: str) -> dict[str, Any]:
    """Give up: the bank keeps the money. Sends charge.dispute.closed."""
    act.find("dispute", key, "dispute")
    return close_dispute(act, key, won=False)


def _ask(act: Act, dispute: dict[str, Any]) -> None:
    """The bank waits a week for an answer."""
    dispute["evidence_details"]["due_by"] = dispute["_waits_until"] = act.now() + A_WEEK


def _take(act: Act, dispute: dict[str, Any]) -> None:
    _enter(act, dispute, -dispute["amount"], balance.dispute_fee(dispute["currency"]), "dispute")


def _give_back(act: Act, dispute: dict[str, Any]) -> None:
    fee = balance.dispute_fee(dispute["currency"])
    _enter(act, dispute, dispute["amount"], fee._replace(amount=-fee.amount), "dispute_reversal")


def _enter(act: Act, dispute: dict[str, Any], amount: int, fee: balance.Fee, category: str) -> None:
    entry = balance.enter(act, "adjustment", dispute, amount, [fee], category=category)
    dispute["balance_transactions"].append(act.store.get("balance_transaction", entry))
    act.store.save(dispute)
