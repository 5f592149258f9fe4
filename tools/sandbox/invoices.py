"""Invoices of subscriptions: from draft to open to paid, with taxes, a number, and what the customer has to their credit."""

from typing import Any

from tools.sandbox import taxes
from tools.sandbox.act import Act
from tools.sandbox.coupons import take_off
from tools.sandbox.currencies import minimum
from tools.sandbox.errors import InvalidRequest
from tools.sandbox.invoice_lines import pending_lines
from tools.sandbox.invoice_payments import ask_payment
from tools.sandbox.lists import page


def make_invoice(act: Act, subscription: dict[str, Any], lines: list[dict[str, Any]], reason: str) -> dict[str, Any]:
    """A draft with these lines and what was put off. Sends invoice.created."""
    customer = act.find("customer", subscription["customer"], "customer")
    key, details = act.new_id("invoice"), {"metadata": subscription["metadata"], "subscription": subscription["id"]}
    invoice = act.make(
        "invoice",
        id=key,
        account_country=act.config.country,
        auto_advance=True,
        automatic_tax=subscription["automatic_tax"] | {"provider": None, "status": None},
        billing_reason=reason,
        currency=subscription["currency"],
        customer=customer["id"],
        customer_address=customer["address"],
        customer_email=customer["email"],
        customer_name=customer["name"],
        customer_tax_exempt=customer["tax_exempt"],
        on_behalf_of=subscription["on_behalf_of"],
        parent={"quote_details": None, "subscription_details": details, "type": "subscription_details"},
        period_start=act.now(),
        period_end=act.now(),
        _fee_percent=subscription["application_fee_percent"],
        _transfer=subscription["transfer_data"],
    )
    every = [line | {"invoice": key} for line in (*pending_lines(act, subscription, key), *lines)]
    invoice["lines"] |= {"data": every, "url": f"/v1/invoices/{key}/lines"}
    invoice["total_discount_amounts"] = take_off(act, subscription, every)
    invoice["discounts"] = [taken["discount"] for taken in invoice["total_discount_amounts"]]
    _add_up(act, invoice, customer)
    act.emit("invoice.created", act.store.save(invoice))
    return invoice


def subscription_of(act: Act, invoice: dict[str, Any]) -> dict[str, Any]:
    """What an invoice is for."""
    return act.find("subscription", invoice["parent"]["subscription_details"]["subscription"], "subscription")


def _add_up(act: Act, invoice: dict[str, Any], customer: dict[str, Any]) -> None:
    taxed = invoice["automatic_tax"]["enabled"]
    place, home = taxes.place_of(act, customer) if taxed else None, taxes.home_of(act, invoice["automatic_tax"])
    for line in invoice["lines"]["data"]:
        line["subtotal"] = line["amount"]
        if place:
            price = act.find("price", line["pricing"]["price_details"]["price"], "price")
            reduced = line["amount"] - sum(taken["amount"] for taken in line["discount_amounts"])
            line["taxes"] = [taxes.tax_on(reduced, invoice["currency"], price["tax_behavior"], place, home)]
    each = [tax for line in invoice["lines"]["data"] for tax in line["taxes"]]
    subtotal, tax = sum(line["amount"] for line in invoice["lines"]["data"]), sum(one["amount"] for one in each)
    off = sum(taken["amount"] for taken in invoice["total_discount_amounts"])
    total = subtotal - off + sum(map(taxes.outside, each))
    invoice |= {"subtotal": subtotal, "subtotal_excluding_tax": total + off - tax, "total": total, "total_excluding_tax": total - tax}
    invoice |= {"amount_due": max(0, total), "amount_remaining": max(0, total), "total_taxes": taxes.added_up(each)}
    if taxed:
        invoice["automatic_tax"] |= {"provider": "stripe", "status": "complete" if place else "requires_location_inputs"}
        invoice["customer_tax_ids"] = taxes.ids_of(act, customer["id"])


def finalize(act: Act, invoice: dict[str, Any]) -> dict[str, Any]:
    """Number it and ask for its payment; what the customer has to their credit is set off. Sends invoice.finalized."""
    customer = act.find("customer", invoice["customer"], "customer")
    due, left = set_off(invoice, customer["balance"])
    invoice |= {
        "number": f"{customer['invoice_prefix']}-{customer['next_invoice_sequence']:04d}",
        "status": "open",
        "effective_at": act.now(),
        "starting_balance": customer["balance"],
        "ending_balance": left,
        "amount_due": due,
        "amount_remaining": due,
        "hosted_invoice_url": f"{act.config.public_url}/i/{invoice['id']}",
    }
    invoice["status_transitions"]["finalized_at"] = act.now()
    act.store.save(customer | {"balance": left, "next_invoice_sequence": customer["next_invoice_sequence"] + 1})
    if due:
        ask_payment(act, invoice)
    act.emit("invoice.finalized", act.store.save(invoice))
    return invoice if due else settle(act, invoice)


def set_off(invoice: dict[str, Any], balance: int) -> tuple[int, int]:
    """What is to be paid now, and the customer's balance afterwards; below zero they have something to their credit."""
    wanted = invoice["total"] + balance
    if wanted < minimum(invoice["currency"]):  # too little to charge: the next invoice takes it up
        return 0, wanted
    return wanted, 0


def settle(act: Act, invoice: dict[str, Any]) -> dict[str, Any]:
    """Write that nothing is left to pay. Sends invoice.paid and invoice.payment_succeeded."""
    invoice |= {"status": "paid", "attempted": True, "amount_paid": invoice["amount_due"], "amount_remaining": 0}
    invoice |= {"next_payment_attempt": None, "auto_advance": False}
    invoice["status_transitions"]["paid_at"] = act.now()
    act.emit("invoice.paid", act.store.save(invoice))
    act.emit("invoice.payment_succeeded", invoice)
    return invoice


def open_invoice(act: Act, key: str, wanted: str) -> dict[str, Any]:
    """An invoice that waits for its money.

    Raises:
        InvalidRequest: it is a draft, or at its end.
    """
    invoice = act.find("invoice", key, "invoice")
    if invoice["status"] == "paid" == wanted:
        raise InvalidRequest("Invoice is already paid", code="invoice_already_paid")
    if invoice["status"] != "open":
        raise InvalidRequest(f"Only open invoices can become {wanted}; this one is {invoice['status']}.", code="invoice_not_open")
    return invoice


def end_invoice(act: Act, key: str, status: str) -> dict[str, Any]:
    """Give up an open invoice: `void`, or `uncollectible`. Sends invoice.voided or invoice.marked_uncollectible."""
    invoice = open_invoice(act, key, status)
    invoice |= {"status": status, "auto_advance": False, "next_payment_attempt": None}
    moment, kind = ("voided_at", "voided") if status == "void" else ("marked_uncollectible_at", "marked_uncollectible")
    invoice["status_transitions"][moment] = act.now()
    act.emit(f"invoice.{kind}", act.store.save(invoice))
    return invoice


def list_invoices(act: Act, params: dict[str, Any]) -> dict[str, Any]:
    """Invoices, newest first, also those of one subscription."""
    filters = {name: value for name, value in params.items() if name != "subscription"}
    if "subscription" in params:
        filters["parent"] = {"subscription_details": {"subscription": params["subscription"]}}
    return page(act, "invoice", filters, "/v1/invoices")


def list_lines(act: Act, _params: dict[str, Any], key: str) -> dict[str, Any]:
    """The lines of one invoice: all of them, as an invoice has few here."""
    return dict(act.find("invoice", key, "invoice")["lines"])
