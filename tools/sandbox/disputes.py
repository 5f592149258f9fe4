"""Disputes: a buyer's bank takes the money back; opened and decided by the control pages."""

from typing import Any

from tools.sandbox import balance
from tools.sandbox.act import Act
from tools.sandbox.errors import InvalidRequest
from tools.sandbox.params import write_metadata

A_WEEK = 7 * 86400
REASONS = frozenset({
    "credit_not_processed", "duplicate", "fraudulent", "general", "product_not_received", "product_unacceptable",
    "subscription_canceled", "unrecognized",
})  # fmt: skip


SUBMITTED = {"warning_needs_response": "warning_under_review", "appeal_needs_response": "appeal_under_review"}


def open_dispute(act: Act, charge_id: str, reason: str = "fraudulent", *, inquiry: bool = False) -> dict[str, Any]:
    """The bank takes the whole charge back, or only asks about it. Sends charge.dispute.created, and .funds_withdrawn if money moves."""
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
    dispute["evidence_details"]["due_by"] = act.config.now() + A_WEEK
    charge["disputed"] = True
    if inquiry:
        dispute |= {"status": "warning_needs_response", "is_charge_refundable": True}
        charge["_dispute_won"] = True  # nothing was taken, so it may be refunded
        act.store.save(dispute)
    else:
        _enter(act, dispute, -charge["amount"], balance.DISPUTE_FEE)
    act.store.save(charge)
    act.emit("charge.dispute.created", dispute)
    if not inquiry:
        act.emit("charge.dispute.funds_withdrawn", dispute)
    return dispute


def close_dispute(act: Act, key: str, *, won: bool) -> dict[str, Any]:
    """The bank decides. Sends charge.dispute.closed, and .funds_reinstated if the money comes back."""
    dispute = act.find("dispute", key, "dispute")
    if dispute["status"] in {"won", "lost"}:
        raise InvalidRequest(f"Dispute {key} is closed already.", param="dispute")
    was = {"status": dispute["status"]}
    dispute["status"] = "won" if won else "lost"
    if won:
        charge = act.find("charge", dispute["charge"], "charge")
        act.store.save(charge | {"_dispute_won": True})
        _enter(act, dispute, dispute["amount"], -balance.DISPUTE_FEE)
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
    dispute["evidence_details"]["due_by"] = act.config.now() + A_WEEK
    if was["status"] == "won":
        charge = act.find("charge", dispute["charge"], "charge")
        act.store.save(charge | {"_dispute_won": False})
        _enter(act, dispute, -dispute["amount"], balance.DISPUTE_FEE)
        act.emit("charge.dispute.funds_withdrawn", dispute)
    act.emit("charge.dispute.updated", act.store.save(dispute), was=was)
    return dispute


def set_status(act: Act, key: str, status: str) -> dict[str, Any]:
    """Set any status, even one that Stripe does not have yet, and move no money. Sends charge.dispute.updated."""
    dispute = act.find("dispute", key, "dispute")
    was, dispute["status"] = {"status": dispute["status"]}, status
    act.emit("charge.dispute.updated", act.store.save(dispute), was=was)
    return dispute


def update_dispute(act: Act, params: dict[str, Any], key: str) -> dict[str, Any]:
    """Evidence and metadata; submitted evidence is under review."""
    dispute = act.find("dispute", key, "dispute")
    dispute["evidence"] |= params.get("evidence", {})
    if params.get("submit"):
        dispute["status"] = SUBMITTED.get(dispute["status"], "under_review")
        dispute["evidence_details"] |= {"has_evidence": True, "submission_count": 1}
    write_metadata(dispute, params)
    act.emit("charge.dispute.updated", act.store.save(dispute))
    return dispute


def _enter(act: Act, dispute: dict[str, Any], amount: int, fee: int) -> None:
    entry = balance.enter(act, "adjustment", dispute, amount, fee)
    dispute["balance_transactions"].append(act.store.get("balance_transaction", entry))
    act.store.save(dispute)
