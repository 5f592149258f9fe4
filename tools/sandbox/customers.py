"""Customers: made by the API or by a Checkout Session, with saved cards and tax ids."""

import secrets
from typing import Any

from tools.sandbox import taxes
from tools.sandbox.accounts import EMAIL
from tools.sandbox.act import Act
from tools.sandbox.errors import InvalidRequest
from tools.sandbox.lists import page
from tools.sandbox.params import refuse_others, write_metadata

PLAYED = ("address", "description", "email", "invoice_settings", "name", "phone", "preferred_locales", "tax_exempt")


def create_customer(act: Act, params: dict[str, Any]) -> dict[str, Any]:
    """A customer without a card. Sends customer.created."""
    refuse_others(params, PLAYED)
    customer = act.make("customer", invoice_prefix=secrets.token_hex(4).upper())
    _write(act, customer, params)
    act.emit("customer.created", act.store.save(customer))
    return customer


def update_customer(act: Act, params: dict[str, Any], key: str) -> dict[str, Any]:
    """Values that are not named stay as they are. Sends customer.updated."""
    refuse_others(params, PLAYED)
    customer = act.find("customer", key, "customer")
    _write(act, customer, params)
    act.emit("customer.updated", act.store.save(customer))
    return customer


def _write(act: Act, customer: dict[str, Any], params: dict[str, Any]) -> None:
    if not EMAIL.match(params.get("email") or "a@b.example"):
        raise InvalidRequest(f"Invalid email address: {params['email']}", code="email_invalid", param="email")
    settings = params.get("invoice_settings", {})
    refuse_others(settings, ("default_payment_method",), "invoice_settings")
    if key := settings.get("default_payment_method"):
        card_of(act, customer, key, "invoice_settings[default_payment_method]")
    plain = {name: params[name] or None for name in PLAYED if name in params and name != "invoice_settings"}
    customer |= plain | {"invoice_settings": customer["invoice_settings"] | settings}
    if given := plain.get("address"):
        customer["address"] = taxes.address({}) | given
    write_metadata(customer, params)


def card_of(act: Act, customer: dict[str, Any], key: str, param: str) -> dict[str, Any]:
    """A saved card of this customer.

    Raises:
        InvalidRequest: it is another customer's.
    """
    method = act.find("payment_method", key, param, "PaymentMethod")
    if method["customer"] != customer["id"]:
        message = f"The customer does not have a payment method with the ID {key}. The payment method must be attached to the customer."
        raise InvalidRequest(message, code="resource_missing", param=param)
    return method


def list_cards(act: Act, params: dict[str, Any], key: str | None = None) -> dict[str, Any]:
    """The saved cards of a customer, newest first."""
    owner = key or params.get("customer")
    if owner is None:
        raise InvalidRequest("The sandbox lists payment methods of a customer only.", param="customer")
    act.find("customer", owner, "customer")
    url = f"/v1/customers/{key}/payment_methods" if key else "/v1/payment_methods"
    return page(act, "payment_method", params | {"customer": owner}, url)


def create_tax_id(act: Act, params: dict[str, Any], key: str) -> dict[str, Any]:
    """A tax id that is being verified. Sends customer.tax_id.created, and customer.tax_id.updated with what the register says."""
    customer = act.find("customer", key, "customer")
    made = act.make(
        "tax_id",
        country=taxes.country_of_id(params["type"], params["value"]),
        customer=key,
        owner={"customer": key, "type": "customer"},
        type=params["type"],
        value=params["value"],
    )
    made["verification"]["status"] = "pending" if params["type"] in taxes.VERIFIED_TYPES else "unavailable"
    act.emit("customer.tax_id.created", act.store.save(made))
    answer = taxes.verification(params["type"], params["value"])
    if answer != made["verification"]["status"]:
        name = customer["name"] or "Registered name"
        made["verification"] = {"status": answer, "verified_address": None, "verified_name": name if answer == "verified" else None}
        act.emit("customer.tax_id.updated", act.store.save(made), was={"verification": {"status": "pending"}})
    return made


def delete_tax_id(act: Act, _params: dict[str, Any], key: str, part: str) -> dict[str, Any]:
    """Forget a tax id. Sends customer.tax_id.deleted."""
    found = _tax_id(act, key, part)
    act.store.remove(part)
    act.emit("customer.tax_id.deleted", found)
    return {"id": part, "object": "tax_id", "deleted": True}


def retrieve_tax_id(act: Act, _params: dict[str, Any], key: str, part: str) -> dict[str, Any]:
    """One tax id of a customer."""
    return _tax_id(act, key, part)


def _tax_id(act: Act, key: str, part: str) -> dict[str, Any]:
    act.find("customer", key, "customer")
    found = act.find("tax_id", part, "id")
    return found if found["customer"] == key else act.find("tax_id", "", "id")


def list_tax_ids(act: Act, params: dict[str, Any], key: str) -> dict[str, Any]:
    """The tax ids of a customer, newest first."""
    act.find("customer", key, "customer")
    return page(act, "tax_id", params | {"customer": key}, f"/v1/customers/{key}/tax_ids")
