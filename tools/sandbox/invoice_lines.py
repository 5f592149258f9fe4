"""Lines of invoices: an item of a subscription for a period, and what a change in the middle of one comes to."""

from datetime import UTC, datetime
from typing import Any

from tools.sandbox.act import Act
from tools.sandbox.currencies import formatted
from tools.sandbox.ids import new_id
from tools.sandbox.periods import share
from tools.sandbox.shapes import shaped

COPIED = ("amount", "currency", "description", "period", "pricing", "quantity", "quantity_decimal")


def line_of_item(act: Act, subscription: dict[str, Any], item: dict[str, Any], *, trial: bool = False) -> dict[str, Any]:
    """One item of a subscription for its current period, which costs nothing while it is tried."""
    price, quantity = item["price"], item["quantity"]
    whole, each = f"{quantity} × {_name(act, price)}", formatted(price["unit_amount"], price["currency"])
    return shaped(
        "line_item",
        id=new_id("line_item"),
        amount=0 if trial else price["unit_amount"] * quantity,
        currency=price["currency"],
        description=f"Trial period for {_name(act, price)}" if trial else f"{whole} (at {each} / {price['recurring']['interval']})",
        parent=_parent(subscription["id"], item["id"]),
        period={"start": item["current_period_start"], "end": item["current_period_end"]},
        pricing=_pricing(price),
        quantity=quantity,
        quantity_decimal=str(quantity),
        subscription=subscription["id"],
    )


def prorate(act: Act, subscription: dict[str, Any], item: dict[str, Any], was: dict[str, Any], moment: int) -> None:
    """Put off to the next invoice what is left of a period at the former price, and at the present one. Sends invoiceitem.created.

    `moment` is the one that is counted from, a `proration_date`.
    """
    begins, ends = item["current_period_start"], item["current_period_end"]
    day = datetime.fromtimestamp(moment, UTC).strftime("%d %b %Y")
    for words, sign, each in (("Unused", -1, was), ("Remaining", 1, item)):
        amount = sign * share(each["price"]["unit_amount"] * each["quantity"], begins, ends, moment)
        pending = shaped(
            "invoiceitem",
            id=new_id("invoiceitem"),
            date=act.now(),
            amount=amount,
            currency=subscription["currency"],
            customer=subscription["customer"],
            description=f"{words} time on {_name(act, each['price'])} after {day}",
            discountable=False,
            net_amount=amount,
            parent={
                "subscription_details": {"subscription": subscription["id"], "subscription_item": item["id"]},
                "type": "subscription_details",
            },
            period={"start": moment, "end": ends},
            pricing=_pricing(each["price"]),
            proration=True,
            quantity=each["quantity"],
            quantity_decimal=str(each["quantity"]),
        )
        act.emit("invoiceitem.created", act.store.add(pending, act.owner))


def pending_lines(act: Act, subscription: dict[str, Any], invoice: str) -> list[dict[str, Any]]:
    """What was put off to the next invoice, oldest first; it is on this one from now on."""
    condition = "json_extract(body, '$.parent.subscription_details.subscription') = ? AND json_extract(body, '$.invoice') IS NULL"
    lines = []
    for pending in act.store.where("invoiceitem", act.owner, condition, subscription["id"]):
        act.store.save(pending | {"invoice": invoice})
        parent = _parent(subscription["id"], pending["parent"]["subscription_details"]["subscription_item"], pending["id"])
        copied = {name: pending[name] for name in COPIED}
        lines.append(shaped("line_item", id=new_id("line_item"), parent=parent, subscription=subscription["id"], **copied))
    return lines


def _name(act: Act, price: dict[str, Any]) -> str:
    return str(act.find("product", price["product"], "product")["name"])


def _pricing(price: dict[str, Any]) -> dict[str, Any]:
    details = {"price": price["id"], "product": price["product"]}
    return {"price_details": details, "type": "price_details", "unit_amount_decimal": price["unit_amount_decimal"]}


def _parent(subscription: str, item: str, pending: str | None = None) -> dict[str, Any]:
    credited = {"credited_items": None} if pending else None
    details = {"invoice_item": pending, "proration": pending is not None, "proration_details": credited}
    details |= {"subscription": subscription, "subscription_item": item}
    return {"invoice_item_details": None, "subscription_item_details": details, "type": "subscription_item_details"}
