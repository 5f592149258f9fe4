"""Transfers to connected accounts and their reversals: each moves money on the platform and on the account."""

from typing import Any

from tools.sandbox import balance
from tools.sandbox.accounts import connected, no_access
from tools.sandbox.act import Act
from tools.sandbox.application_fees import return_fee
from tools.sandbox.balance import Fee
from tools.sandbox.errors import InvalidRequest, missing
from tools.sandbox.ids import new_id
from tools.sandbox.lists import page
from tools.sandbox.params import write_metadata


def transfer_charge(act: Act, charge: dict[str, Any], settles_at: int) -> dict[str, Any]:
    """Send a charge's money on to its destination, which pays the application fee out of it. Sends transfer.created."""
    part = charge["transfer_data"]["amount"]
    transfer = act.make(
        "transfer",
        amount=charge["amount"] if part is None else part,
        currency=charge["currency"],
        destination=charge["transfer_data"]["destination"],
        source_transaction=charge["id"],
        transfer_group=charge["transfer_group"],
    )
    fee = charge["application_fee_amount"] or 0
    return _arrive(act, transfer, fee, settles_at)


def create_transfer(act: Act, params: dict[str, Any]) -> dict[str, Any]:
    """Send money of the platform's available balance to an account.

    Raises:
        InvalidRequest: an account that cannot be sent anything, or more than is available.
    """
    if params.get("source_transaction"):
        raise InvalidRequest("The sandbox does not play source_transaction: use transfer_data of the payment.", param="source_transaction")
    account, amount = connected(act.store, params["destination"]), params.get("amount", 0)
    if account is None:
        raise missing("destination", params["destination"], "destination")
    if amount < 1:
        raise InvalidRequest("Invalid positive integer", code="parameter_invalid_integer", param="amount")
    if amount > balance.available(act, params["currency"]):
        message = "You have insufficient available funds in your Stripe account."
        raise InvalidRequest(message, code="balance_insufficient", param="amount")
    names = ("amount", "currency", "description", "destination", "transfer_group")
    transfer = act.make("transfer", **{name: params[name] for name in names if name in params})
    write_metadata(transfer, params)
    return _arrive(act, transfer, 0, 0)


def _arrive(act: Act, transfer: dict[str, Any], fee: int, settles_at: int) -> dict[str, Any]:
    receiver = act.of(transfer["destination"])
    payment = receiver.make(
        "charge",
        id=new_id("payment"),
        amount=transfer["amount"],
        amount_captured=transfer["amount"],
        application_fee_amount=fee or None,
        currency=transfer["currency"],
        paid=True,
        captured=True,
        status="succeeded",
        transfer_group=transfer["transfer_group"],
        _transfer=transfer["id"],
    )
    fees = [Fee("application_fee", fee, "Application fee")]
    payment["balance_transaction"] = balance.enter(receiver, "payment", payment, payment["amount"], fees, available_on=settles_at)
    act.store.save(payment)
    transfer["destination_payment"] = payment["id"]
    transfer["reversals"]["url"] = f"/v1/transfers/{transfer['id']}/reversals"
    transfer["balance_transaction"] = balance.enter(act, "transfer", transfer, -transfer["amount"], available_on=settles_at)
    act.store.save(transfer)
    act.emit("transfer.created", transfer)
    return transfer


def create_reversal(act: Act, params: dict[str, Any], key: str) -> dict[str, Any]:
    """Take a transfer back, whole or in part; the account's balance may become negative. Sends transfer.reversed.

    Raises:
        Forbidden: the account is no longer connected.
        InvalidRequest: more than is left, or a fee that the payment did not have.
    """
    transfer = act.find("transfer", key, "transfer")
    if connected(act.store, transfer["destination"]) is None:
        raise no_access(act, transfer["destination"])
    left = transfer["amount"] - transfer["amount_reversed"]
    amount = params.get("amount", left)
    if amount < 1 or amount > left:
        raise InvalidRequest(f"Reversal amount must be positive and at most what is left of the transfer ({left}).", param="amount")
    fee = _fee_of(act, transfer) if params.get("refund_application_fee") else None
    reversal = reverse(act, transfer, amount)
    write_metadata(reversal, params)
    act.store.save(reversal)
    if fee is not None and (part := _fee_part(fee, transfer, amount)):
        return_fee(act, fee, part)
    return reversal


def _fee_of(act: Act, transfer: dict[str, Any]) -> dict[str, Any]:
    payment = act.of(transfer["destination"]).find("charge", transfer["destination_payment"], "charge")
    if not payment["application_fee"]:
        message = f"Cannot refund application fee: transfer {transfer['id']} has no application fee."
        raise InvalidRequest(message, param="refund_application_fee")
    return act.of("").find("application_fee", payment["application_fee"], "fee")


def _fee_part(fee: dict[str, Any], transfer: dict[str, Any], amount: int) -> int:
    """In proportion to the reversal; the last one takes what rounding left over."""
    left = int(fee["amount"] - fee["amount_refunded"])
    return left if transfer["reversed"] else min(left, int(fee["amount"] * amount // transfer["amount"]))


def reverse(act: Act, transfer: dict[str, Any], amount: int, refund: str | None = None) -> dict[str, Any]:
    """Take a part of a transfer back from its destination, for a refund or by itself."""
    reversal = act.make("transfer_reversal", amount=amount, currency=transfer["currency"], source_refund=refund, transfer=transfer["id"])
    reversal["destination_payment_refund"] = _refund_payment(act.of(transfer["destination"]), transfer, amount)
    reversal["balance_transaction"] = balance.enter(act, "transfer_refund", reversal, amount)
    transfer["amount_reversed"] += amount
    transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
    transfer["reversals"]["data"].insert(0, act.store.save(reversal))
    act.emit("transfer.reversed", act.store.save(transfer))
    return reversal


def _refund_payment(receiver: Act, transfer: dict[str, Any], amount: int) -> str:
    payment = receiver.find("charge", transfer["destination_payment"], "charge")
    refund = receiver.make(
        "refund",
        id=new_id("payment_refund"),
        amount=amount,
        charge=payment["id"],
        currency=transfer["currency"],
        payment_intent=None,
    )
    refund["balance_transaction"] = balance.enter(receiver, "payment_refund", refund, -amount)
    receiver.store.save(refund)
    payment["amount_refunded"] += amount
    payment["refunded"] = payment["amount_refunded"] == payment["amount"]
    receiver.store.save(payment)
    return str(refund["id"])


def list_reversals(act: Act, params: dict[str, Any], key: str) -> dict[str, Any]:
    """The reversals of one transfer, newest first."""
    act.find("transfer", key, "transfer")
    return page(act, "transfer_reversal", params | {"transfer": key}, f"/v1/transfers/{key}/reversals")
