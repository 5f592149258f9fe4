"""Products and prices, as far as Checkout and subscriptions need them: an amount for each unit, once or for each period."""

from typing import Any

from tools.sandbox.act import Act
from tools.sandbox.errors import InvalidRequest
from tools.sandbox.params import refuse_others, write_metadata
from tools.sandbox.session_rules import refuse_bad_unit
from tools.sandbox.shapes import shaped

PRODUCT = ("active", "description", "images", "name", "tax_code")
PRICE = ("active", "currency", "nickname", "product", "product_data", "recurring", "tax_behavior", "unit_amount")
LONGEST = {"day": 1095, "week": 156, "month": 36, "year": 3}


def create_product(act: Act, params: dict[str, Any]) -> dict[str, Any]:
    """A product without a price. Sends product.created."""
    refuse_others(params, PRODUCT)
    product = act.make("product", updated=act.now(), **{name: params[name] for name in PRODUCT if name in params})
    write_metadata(product, params)
    act.emit("product.created", act.store.save(product))
    return product


def create_price(act: Act, params: dict[str, Any]) -> dict[str, Any]:
    """A price of a product that exists, or of one made with it. Sends price.created."""
    refuse_others(params, PRICE)
    price = make_price(act, params, "", active=params.get("active", True), nickname=params.get("nickname"))
    write_metadata(price, params)
    act.emit("price.created", act.store.save(price))
    return price


def make_price(act: Act, data: dict[str, Any], param: str, **values: Any) -> dict[str, Any]:
    """A price by its data, and its product if that does not exist yet.

    Raises:
        InvalidRequest: an amount or a period that Stripe does not take, or no such product.
    """
    if "product" in data:
        act.find("product", data["product"], _under(param, "product"))
    elif "product_data" not in data:
        name = _under(param, "product")
        raise InvalidRequest(f"Missing required param: {name}.", code="parameter_missing", param=name)
    refuse_bad_unit(data, param, data["currency"])
    recurring = data.get("recurring")
    if recurring:
        refuse_others(recurring, ("interval", "interval_count", "usage_type"), _under(param, "recurring"))
        _refuse_bad_interval(recurring, _under(param, "recurring"))
    return act.make(
        "price",
        currency=data["currency"],
        product=data["product"] if "product" in data else create_product(act, data["product_data"])["id"],
        recurring=shaped("price")["recurring"] | recurring if recurring else None,
        tax_behavior=data.get("tax_behavior", "unspecified"),
        type="recurring" if recurring else "one_time",
        unit_amount=data["unit_amount"],
        unit_amount_decimal=str(data["unit_amount"]),
        **values,
    )


def _refuse_bad_interval(recurring: dict[str, Any], param: str) -> None:
    count, interval = recurring.get("interval_count", 1), recurring["interval"]
    if not 0 < count <= LONGEST[interval]:
        raise InvalidRequest("Plan interval must be less than or equal to 3 years.", param=f"{param}[interval_count]")


def _under(param: str, name: str) -> str:
    return f"{param}[{name}]" if param else name
