"""What an invoice would come to: the change is made, invoiced and undone (docs.stripe.com/api/invoices/create_preview)."""

from typing import Any

from tools.sandbox.act import Act
from tools.sandbox.errors import InvalidRequest
from tools.sandbox.ids import new_id
from tools.sandbox.invoices import make_invoice, set_off
from tools.sandbox.params import refuse_others
from tools.sandbox.subscription_changes import change_items
from tools.sandbox.subscriptions import ENDED


def create_preview(act: Act, params: dict[str, Any]) -> dict[str, Any]:
    """The invoice of a change that would be invoiced at once. Nothing is written, and no event is sent.

    Raises:
        InvalidRequest: the change itself would be refused, or is one that the sandbox does not preview.
    """
    refuse_others(params, ("subscription", "subscription_details"))
    details = params.get("subscription_details", {})
    refuse_others(details, ("items", "proration_behavior", "proration_date"), "subscription_details")
    if "subscription" not in params or not details.get("items") or details.get("proration_behavior") != "always_invoice":
        raise InvalidRequest(
            "The sandbox previews changes of a subscription's items that are invoiced at once.", param="subscription_details"
        )
    subscription = act.find("subscription", params["subscription"], "subscription")
    if subscription["status"] in ENDED:
        raise InvalidRequest("You cannot preview the invoice of a canceled subscription.", code="invoice_upcoming_none")
    with act.store.rehearsal():
        change_items(act, subscription, details, "subscription_details[items]")
        invoice = make_invoice(act, subscription, [], "subscription_update")
        balance = act.find("customer", subscription["customer"], "customer")["balance"]
    due, left = set_off(invoice, balance)
    key = f"upcoming_{new_id('invoice')}"
    invoice["lines"] |= {"data": [line | {"invoice": key} for line in invoice["lines"]["data"]], "url": f"/v1/invoices/{key}/lines"}
    amounts = {"amount_due": due, "amount_remaining": due, "starting_balance": balance, "ending_balance": left}
    return invoice | amounts | {"id": key, "auto_advance": False}
