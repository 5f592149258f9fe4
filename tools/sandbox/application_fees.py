"""The platform's fees, and their refunds: what the platform gives up, the connected account gets."""

from typing import Any

from tools.sandbox import balance
from tools.sandbox.act import Act
from tools.sandbox.errors import InvalidRequest
from tools.sandbox.lists import page
from tools.sandbox.params import write_metadata


def take_fee(act: Act, charge: dict[str, Any], payment: str | None, settles_at: int) -> dict[str, Any]:
    """The platform's part of a charge. Sends application_fee.created.

    `payment` is what arrived on the destination; without one the charge is a direct one, which belongs to the connected account.
    """
    platform = act.of("")
    fee = platform.make(
        "application_fee",
        account=act.owner or charge["transfer_data"]["destination"],
        amount=charge["application_fee_amount"],
        charge=payment or charge["id"],
        currency=charge["currency"],
        fee_source={"charge": payment or charge["id"], "type": "charge"},
        originating_transaction=charge["id"] if payment else None,
    )
    fee["refunds"]["url"] = f"/v1/application_fees/{fee['id']}/refunds"
    fee["balance_transaction"] = balance.enter(platform, "application_fee", fee, fee["amount"], available_on=settles_at)
    act.store.save(fee)
    platform.emit("application_fee.created", fee)
    return fee


def create_fee_refund(act: Act, params: dict[str, Any], key: str) -> dict[str, Any]:
    """Give a fee back, whole or in part. Sends application_fee.refunded."""
    fee = act.find("application_fee", key, "fee")
    left = fee["amount"] - fee["amount_refunded"]
    amount = params.get("amount", left)
    if left == 0:
        raise InvalidRequest(f"Application fee {key} has already been refunded.", code="application_fee_already_refunded", param="id")
    if not 0 < amount <= left:
        raise InvalidRequest(f"Refund amount must be positive and at most what is left of the fee ({left}).", param="amount")
    returned = return_fee(act, fee, amount)
    write_metadata(returned, params)
    return act.store.save(returned)


def return_fee(act: Act, fee: dict[str, Any], amount: int) -> dict[str, Any]:
    """Move a part of a fee from the platform's balance to the account's."""
    platform = act.of("")
    returned = platform.make("fee_refund", amount=amount, currency=fee["currency"], fee=fee["id"])
    returned["balance_transaction"] = balance.enter(platform, "application_fee_refund", returned, -amount)
    balance.enter(act.of(fee["account"]), "adjustment", returned, amount, category="fee")
    fee["amount_refunded"] += amount
    fee["refunded"] = fee["amount_refunded"] == fee["amount"]
    fee["refunds"]["data"].insert(0, act.store.save(returned))
    platform.emit("application_fee.refunded", act.store.save(fee))
    return returned


def list_fee_refunds(act: Act, params: dict[str, Any], key: str) -> dict[str, Any]:
    """The refunds of one fee, newest first."""
    act.find("application_fee", key, "fee")
    return page(act, "fee_refund", params | {"fee": key}, f"/v1/application_fees/{key}/refunds")
