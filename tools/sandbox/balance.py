"""Where the money of a charge goes: Stripe's own fee, the transfer to the seller, the application fee, and back again."""

from dataclasses import replace
from typing import Any

from tools.sandbox.act import Act
from tools.sandbox.ids import new_id

# Stripe's published price for European cards in Europe; only its shape matters here
PERCENT_TENTHS, FIXED = 15, 25
DISPUTE_FEE = 2000


def enter(act: Act, kind: str, source: dict[str, Any], amount: int, fee: int = 0) -> str:
    """Write one movement of the owner's balance in minor units; returns its id."""
    details = [{"amount": fee, "application": None, "currency": source["currency"], "type": "stripe_fee"}]
    details[0]["description"] = "Stripe processing fees"
    made = act.make(
        "balance_transaction",
        amount=amount,
        available_on=act.config.now(),
        currency=source["currency"],
        description=source.get("description"),
        fee=fee,
        fee_details=details if fee else [],
        net=amount - fee,
        reporting_category=kind,
        source=source["id"],
        type=kind,
    )
    return str(made["id"])


def processing_fee(amount: int) -> int:
    """What Stripe keeps of a charge."""
    return min(amount, (amount * PERCENT_TENTHS + 500) // 1000 + FIXED)


def split(act: Act, charge: dict[str, Any]) -> None:
    """Write the movements of a charge that succeeded: itself, its transfer and its application fee."""
    charge["balance_transaction"] = enter(act, "charge", charge, charge["amount"], processing_fee(charge["amount"]))
    if charge["transfer_data"]:
        charge["transfer"] = _transfer(act, charge)["id"]
    if charge["application_fee_amount"]:
        charge["application_fee"] = _application_fee(act, charge)["id"]


def _transfer(act: Act, charge: dict[str, Any]) -> dict[str, Any]:
    part = charge["transfer_data"]["amount"]
    transfer = act.make(
        "transfer",
        amount=charge["amount"] if part is None else part,
        currency=charge["currency"],
        destination=charge["transfer_data"]["destination"],
        destination_payment=new_id("payment"),
        source_transaction=charge["id"],
        transfer_group=charge["transfer_group"],
    )
    transfer["reversals"]["url"] = f"/v1/transfers/{transfer['id']}/reversals"
    transfer["balance_transaction"] = enter(act, "transfer", transfer, -transfer["amount"])
    act.store.save(transfer)
    act.emit("transfer.created", transfer)
    return transfer


def _application_fee(act: Act, charge: dict[str, Any]) -> dict[str, Any]:
    # a direct charge belongs to the connected account, its fee to the platform
    platform = replace(act, owner="")
    fee = platform.make(
        "application_fee",
        account=act.owner or charge["transfer_data"]["destination"],
        amount=charge["application_fee_amount"],
        charge=charge["id"],
        currency=charge["currency"],
        fee_source={"charge": charge["id"], "type": "charge"},
    )
    fee["refunds"]["url"] = f"/v1/application_fees/{fee['id']}/refunds"
    fee["balance_transaction"] = enter(platform, "application_fee", fee, fee["amount"])
    act.store.save(fee)
    platform.emit("application_fee.created", fee)
    return fee


def reverse_transfer(act: Act, charge: dict[str, Any], refund: dict[str, Any]) -> str:
    """Take the refunded share back from the seller; returns the reversal's id."""
    transfer = act.find("transfer", charge["transfer"], "transfer")
    amount = _share(transfer["amount"], transfer["amount_reversed"], charge, refund)
    reversal = act.make(
        "transfer_reversal",
        amount=amount,
        currency=charge["currency"],
        source_refund=refund["id"],
        transfer=transfer["id"],
    )
    reversal["balance_transaction"] = enter(act, "transfer_refund", reversal, amount)
    transfer["amount_reversed"] += amount
    transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
    transfer["reversals"]["data"].insert(0, act.store.save(reversal))
    act.emit("transfer.reversed", act.store.save(transfer))
    return str(reversal["id"])


def refund_fee(act: Act, charge: dict[str, Any], refund: dict[str, Any]) -> None:
    """Give the refunded share of the application fee back to the seller."""
    platform = replace(act, owner="")
    fee = platform.find("application_fee", charge["application_fee"], "fee")
    amount = _share(fee["amount"], fee["amount_refunded"], charge, refund)
    returned = platform.make("fee_refund", amount=amount, currency=fee["currency"], fee=fee["id"])
    returned["balance_transaction"] = enter(platform, "application_fee_refund", returned, -amount)
    fee["amount_refunded"] += amount
    fee["refunded"] = fee["amount_refunded"] == fee["amount"]
    fee["refunds"]["data"].insert(0, act.store.save(returned))
    platform.emit("application_fee.refunded", act.store.save(fee))


def _share(whole: int, returned: int, charge: dict[str, Any], refund: dict[str, Any]) -> int:
    """In proportion to the refund; the last refund takes what rounding left over."""
    if charge["amount_refunded"] + refund["amount"] == charge["amount"]:
        return whole - returned
    return min(whole - returned, int(whole * refund["amount"] // charge["amount"]))
