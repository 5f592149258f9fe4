"""Refunds: whole or in part, with the transfer and the application fee taken back on request."""

from typing import Any

from tools.sandbox import balance
from tools.sandbox.act import Act
from tools.sandbox.application_fees import return_fee
from tools.sandbox.currencies import formatted
from tools.sandbox.errors import InvalidRequest
from tools.sandbox.params import write_metadata
from tools.sandbox.session_rules import refuse_fraction
from tools.sandbox.transfers import reverse

FAILURES = ("declined", "expired_or_canceled_card", "insufficient_funds", "lost_or_stolen_card", "merchant_request", "unknown")


def create_refund(act: Act, params: dict[str, Any]) -> dict[str, Any]:
    """Return money of a charge to the card. Sends refund.created, charge.refunded and refund.updated.

    Raises:
        InvalidRequest: more than is left, refunded or charged back already, nothing to reverse.
    """
    charge = _charge(act, params)
    left = charge["amount"] - charge["amount_refunded"]
    amount = params.get("amount", left)
    _refuse_bad_refund(charge, params, amount, left)
    refund = act.make(
        "refund",
        amount=amount,
        charge=charge["id"],
        currency=charge["currency"],
        payment_intent=charge["payment_intent"],
        payment_method=charge["payment_method"],
        reason=params.get("reason"),
    )
    write_metadata(refund, params)
    _move_money(act, charge, refund, params)
    was = {"amount_refunded": charge["amount_refunded"], "refunded": charge["refunded"]}
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    act.emit("refund.created", act.store.save(refund))
    act.emit("charge.refunded", act.store.save(charge), was=was)
    # Stripe sends it once the bank has a reference for the refund
    act.emit("refund.updated", refund)
    return refund


def fail_refund(act: Act, key: str, reason: str) -> dict[str, Any]:
    """The buyer's bank sends a refund back: the money is on the platform's balance again. Sends refund.failed and charge.refund.updated.

    Raises:
        InvalidRequest: a reason that Stripe does not have, or a refund that has failed already.
    """
    refund = act.find("refund", key, "refund")
    if reason not in FAILURES or refund["status"] != "succeeded":
        raise InvalidRequest(f"A refund that succeeded fails for one of {', '.join(FAILURES)}.", param="reason")
    refund |= {"status": "failed", "failure_reason": reason}
    refund["failure_balance_transaction"] = balance.enter(act, "refund_failure", refund, refund["amount"])
    charge = act.find("charge", refund["charge"], "charge")
    charge["amount_refunded"] -= refund["amount"]
    charge["refunded"] = False
    act.store.save(charge)
    act.emit("refund.failed", act.store.save(refund))
    act.emit("charge.refund.updated", refund)
    return refund


def update_refund(act: Act, params: dict[str, Any], key: str) -> dict[str, Any]:
    """Only the metadata may change."""
    refund = act.find("refund", key, "id")
    write_metadata(refund, params)
    act.emit("refund.updated", act.store.save(refund))
    return refund


def _charge(act: Act, params: dict[str, Any]) -> dict[str, Any]:
    if "charge" in params and "payment_intent" in params:
        message = "You may only specify one of these parameters: charge, payment_intent."
        raise InvalidRequest(message, code="parameters_exclusive", param="charge")
    if "charge" in params:
        return act.find("charge", params["charge"], "charge")
    if "payment_intent" not in params:
        message = "One of the following params should be provided for this request: payment_intent or charge."
        raise InvalidRequest(message, code="parameter_missing", param="payment_intent")
    intent = act.find("payment_intent", params["payment_intent"], "payment_intent")
    if intent["status"] != "succeeded":
        message = f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund."
        raise InvalidRequest(message, code="payment_intent_unexpected_state", param="payment_intent")
    return act.find("charge", intent["latest_charge"], "charge")


def _refuse_bad_refund(charge: dict[str, Any], params: dict[str, Any], amount: int, left: int) -> None:
    key = charge["id"]
    if charge["status"] != "succeeded":
        raise InvalidRequest(f"Charge {key} has not succeeded; it cannot be refunded.", param="charge")
    if charge["disputed"] and not charge.get("_dispute_won"):
        message = f"Charge {key} has been charged back; cannot issue a refund."
        raise InvalidRequest(message, code="charge_disputed")
    if left == 0:
        raise InvalidRequest(f"Charge {key} has already been refunded.", code="charge_already_refunded")
    if amount < 1:
        raise InvalidRequest("Invalid positive integer", code="parameter_invalid_integer", param="amount")
    if amount > left:
        asked, rest = formatted(amount, charge["currency"]), formatted(left, charge["currency"])
        message = f"Refund amount ({asked}) is greater than unrefunded amount on charge ({rest})"
        raise InvalidRequest(message, param="amount")
    refuse_fraction(amount, charge["currency"], "amount")
    if params.get("reverse_transfer") and not charge["transfer"]:
        message = f"Cannot reverse transfer: charge {key} has no associated transfer."
        raise InvalidRequest(message, param="reverse_transfer")
    if params.get("refund_application_fee") and not charge["application_fee"]:
        message = f"Cannot refund application fee: charge {key} has no application fee."
        raise InvalidRequest(message, param="refund_application_fee")


def _move_money(act: Act, charge: dict[str, Any], refund: dict[str, Any], params: dict[str, Any]) -> None:
    refund["balance_transaction"] = balance.enter(act, "refund", refund, -refund["amount"])
    if params.get("reverse_transfer"):
        transfer = act.find("transfer", charge["transfer"], "transfer")
        part = _share(transfer["amount"], transfer["amount_reversed"], charge, refund)
        if part:
            refund["transfer_reversal"] = reverse(act, transfer, part, refund["id"])["id"]
    if params.get("refund_application_fee"):
        fee = act.of("").find("application_fee", charge["application_fee"], "fee")
        if part := _share(fee["amount"], fee["amount_refunded"], charge, refund):
            return_fee(act, fee, part)


def _share(whole: int, returned: int, charge: dict[str, Any], refund: dict[str, Any]) -> int:
    """In proportion to the refund; the last refund takes what rounding left over."""
    if charge["amount_refunded"] + refund["amount"] == charge["amount"]:
        return whole - returned
    return min(whole - returned, int(whole * refund["amount"] // charge["amount"]))
