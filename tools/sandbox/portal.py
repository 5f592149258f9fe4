"""What a customer does by themselves: the customer portal, and the page of an invoice that was not paid."""

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request
from werkzeug.wrappers import Response

from tools.sandbox.act import Act
from tools.sandbox.cards import DECLINED, NUMBER, save_card
from tools.sandbox.errors import InvalidRequest
from tools.sandbox.pages import allow
from tools.sandbox.params import refuse_others
from tools.sandbox.payments import DECLINES
from tools.sandbox.renewals import collect
from tools.sandbox.session_rules import is_url
from tools.sandbox.subscriptions import ENDED, save, set_end, state_of
from tools.sandbox.world import World

FLOWS = ("payment_method_update", "subscription_cancel")


def create_portal_session(act: Act, params: dict[str, Any]) -> dict[str, Any]:
    """A link to the portal of one customer.

    Raises:
        InvalidRequest: no such customer, or a flow that the sandbox does not play.
    """
    refuse_others(params, ("customer", "flow_data", "locale", "on_behalf_of", "return_url"))
    if "customer" not in params:
        raise InvalidRequest("Missing required param: customer.", code="parameter_missing", param="customer")
    act.find("customer", params["customer"], "customer")
    if "return_url" in params and not is_url(params["return_url"]):
        raise InvalidRequest("Not a valid URL", code="url_invalid", param="return_url")
    flow = params.get("flow_data")
    if flow and flow["type"] not in FLOWS:
        raise InvalidRequest(f"The sandbox plays flows of {', '.join(FLOWS)} only.", param="flow_data[type]")
    refuse_others(flow or {}, ("type", "subscription_cancel"), "flow_data")
    if flow and (ending := flow.get("subscription_cancel")):
        act.find("subscription", ending["subscription"], "flow_data[subscription_cancel][subscription]")
    key = act.new_id("billing_portal.session")
    values = {name: params[name] for name in ("customer", "locale", "on_behalf_of", "return_url") if name in params}
    return act.make("billing_portal.session", id=key, flow=flow, url=f"{act.config.public_url}/p/session/{key}", **values)


def blueprint(world: World) -> Blueprint:
    """The two pages, and what their buttons do."""
    made = Blueprint("portal", __name__)

    @made.get("/p/session/<key>")
    def show(key: str) -> tuple[str, int]:
        return _page(world, _portal(world, key), "")

    @made.post("/p/session/<key>")
    def press(key: str) -> Response | tuple[str, int]:
        with world.store.transaction():
            portal = _portal(world, key)
            fault = _press(world.act(world.store.owner_of(key)), portal["customer"])
        return _page(world, portal, fault) if fault else redirect(f"/p/session/{key}", 303)

    @made.get("/i/<key>")
    def invoice(key: str) -> tuple[str, int]:
        return _invoice_page(_invoice(world, key), "")

    @made.post("/i/<key>")
    def pay(key: str) -> Response | tuple[str, int]:
        with world.store.transaction():
            found = _invoice(world, key)
            act = world.act(world.store.owner_of(key))
            fault = _pay(act, found) if found["status"] == "open" else ""
        return _invoice_page(_invoice(world, key), fault) if fault else redirect(f"/i/{key}", 303)

    return made


def _portal(world: World, key: str) -> dict[str, Any]:
    return world.store.get("billing_portal.session", key) or abort(404)


def _invoice(world: World, key: str) -> dict[str, Any]:
    found = world.store.get("invoice", key)
    return found if found and found["status"] != "draft" else abort(404)


def _page(world: World, portal: dict[str, Any], fault: str) -> tuple[str, int]:
    act = world.act(world.store.owner_of(portal["id"]))
    subscriptions = [one for one in _of(act, "subscription", portal["customer"]) if one["status"] not in ENDED]
    invoices = [one for one in _of(act, "invoice", portal["customer"]) if one["status"] != "draft"][::-1]
    card = next(iter(_of(act, "payment_method", portal["customer"])[::-1]), None)
    values = {"portal": portal, "subscriptions": subscriptions, "invoices": invoices, "card": card, "fault": fault}
    values["names"] = {one["id"]: _names(act, one) for one in subscriptions}
    return render_template("portal.html", **values), 422 if fault else 200


def _names(act: Act, subscription: dict[str, Any]) -> str:
    return ", ".join(str(act.find("product", item["price"]["product"], "id")["name"]) for item in subscription["items"]["data"])


def _of(act: Act, kind: str, customer: str) -> list[dict[str, Any]]:
    return act.store.where(kind, act.owner, "json_extract(body, '$.customer') = ?", customer)


def _invoice_page(invoice: dict[str, Any], fault: str) -> tuple[str, int]:
    allow()
    return render_template("invoice.html", invoice=invoice, fault=fault), 422 if fault else 200


def _press(act: Act, customer: str) -> str:
    """Do what was pressed; returns what was wrong with it."""
    pressed, key = request.form.get("act"), request.form.get("subscription", "")
    if pressed == "card":
        return _take_card(act, act.find("customer", customer, "customer"))
    subscription = next((one for one in _of(act, "subscription", customer) if one["id"] == key), None)
    if pressed not in {"cancel", "go-on"} or subscription is None or subscription["status"] in ENDED:
        abort(400)
    was = state_of(subscription)
    set_end(act, subscription, ends=pressed == "cancel")
    save(act, subscription, was)
    return ""


def _number() -> str:
    return "".join(request.form.get("card", "").split())


def _take_card(act: Act, customer: dict[str, Any]) -> str:
    number = _number()
    if not NUMBER.match(number):
        return "Enter a test card: 4242 4242 4242 4242 pays."
    if reason := DECLINED.get(number[-4:]):
        return DECLINES[reason][1]
    change_card(act, customer, number[-4:])
    return ""


def change_card(act: Act, customer: dict[str, Any], last4: str) -> dict[str, Any]:
    """Save a card and charge the customer and their subscriptions with it from now on. Sends customer.updated."""
    method = save_card(act, customer, last4)
    customer["invoice_settings"]["default_payment_method"] = method["id"]
    act.emit("customer.updated", act.store.save(customer))
    for subscription in _of(act, "subscription", customer["id"]):
        if subscription["status"] not in ENDED:
            was = state_of(subscription)
            save(act, subscription | {"default_payment_method": method["id"]}, was)
    return method


def _pay(act: Act, invoice: dict[str, Any]) -> str:
    """Take a card and pay an invoice with it."""
    customer = act.find("customer", invoice["customer"], "customer")
    if fault := _take_card(act, customer):
        return fault
    reason = collect(act, invoice, by_hand=True, here=True)
    return DECLINES[reason][1] if reason in DECLINES else reason and "This invoice can no longer be paid: its seller has left."
