"""What Stripe demands of a Checkout Session beyond the types of its parameters."""

from typing import Any
from urllib.parse import urlsplit

from tools.sandbox import currencies
from tools.sandbox.accounts import EMAIL, connected, region
from tools.sandbox.act import Act
from tools.sandbox.errors import InvalidRequest, missing

HALF_AN_HOUR, A_DAY = 1800, 86400
# Known to Stripe, but it would change what is paid, and the sandbox does not play it: better refused than ignored.
NOT_PLAYED = (
    "allow_promotion_codes", "optional_items", "setup_intent_data", "shipping_options",
)  # fmt: skip
DIRECT_OR_DESTINATION = (
    "Can only apply an application_fee_amount when the PaymentIntent is attempting a direct payment (using an OAuth key or"
    " Stripe-Account header) or destination payment (using `transfer_data[destination]`)."
)
OTHER_REGION = (
    "Cannot create a destination charge for connected accounts in {country} because funds would be settled on the platform and the"
    " connected account is outside the platform's region. You may use the `on_behalf_of` parameter to have the charge settle in the"
    " connected account's country."
)
OTHER_MERCHANT = (
    "You cannot specify an on_behalf_of value that is different from the transfer_data[destination] value when using card or"
    " card_present in payment_method_types."
)
NO_TRANSFERS = (
    "Your destination account needs to have at least one of the following capabilities enabled: transfers,"
    " crypto_transfers, legacy_payments"
)


def refuse_bad_session(act: Act, params: dict[str, Any]) -> None:
    """Everything but the amounts.

    Raises:
        InvalidRequest: in Stripe's words where the sandbox plays the feature, in its own where it does not.
    """
    mode = params.get("mode")
    if mode is None:
        raise InvalidRequest("Missing required param: mode.", code="parameter_missing", param="mode")
    _refuse_unplayed(params, mode)
    if "success_url" not in params:
        raise InvalidRequest("Missing required param: success_url.", code="parameter_missing", param="success_url")
    for name in ("success_url", "cancel_url"):
        if name in params and not is_url(params[name]):
            raise InvalidRequest("Not a valid URL", code="url_invalid", param=name)
    if "customer_email" in params and not EMAIL.match(params["customer_email"]):
        message = f"Invalid email address: {params['customer_email']}"
        raise InvalidRequest(message, code="email_invalid", param="customer_email")
    _refuse_bad_customer(act, params)
    _refuse_bad_expiry(act.config.now(), params.get("expires_at"))


def _refuse_unplayed(params: dict[str, Any], mode: str) -> None:
    if mode == "setup":
        raise InvalidRequest("The sandbox plays mode=payment and mode=subscription only, not setup.", param="mode")
    for name in ("payment_intent_data", "customer_creation", "submit_type") if mode == "subscription" else ("subscription_data",):
        if params.get(name):
            raise InvalidRequest(f"You can not pass `{name}` in `{mode}` mode.", param=name)
    if params.get("ui_mode", "hosted_page") != "hosted_page":
        raise InvalidRequest("The sandbox plays ui_mode=hosted_page only.", param="ui_mode")
    if params.get("discounts") and mode == "payment":
        raise InvalidRequest("The sandbox plays discounts in subscription mode only.", param="discounts")
    for name in NOT_PLAYED:
        if params.get(name):
            raise InvalidRequest(f"The sandbox does not play {name}.", param=name)
    if params.get("payment_intent_data", {}).get("capture_method", "automatic") == "manual":
        raise InvalidRequest("The sandbox does not play manual capture.", param="payment_intent_data[capture_method]")


def is_url(text: str) -> bool:
    """An absolute http or https address."""
    parts = urlsplit(text)
    return parts.scheme in {"http", "https"} and bool(parts.netloc)


def _refuse_bad_customer(act: Act, params: dict[str, Any]) -> None:
    if "customer" not in params:
        return
    if "customer_email" in params:
        message = "You may only specify one of these parameters: customer, customer_email."
        raise InvalidRequest(message, code="parameters_exclusive", param="customer")
    act.find("customer", params["customer"], "customer")


def _refuse_bad_expiry(now: int, expires_at: int | None) -> None:
    if expires_at is not None and not now + HALF_AN_HOUR <= expires_at <= now + A_DAY:
        message = "The `expires_at` timestamp must be at least 30 minutes and at most 24 hours from Checkout Session creation."
        raise InvalidRequest(message, param="expires_at")


def refuse_bad_item(item: dict[str, Any], param: str, currency: str, mode: str) -> None:
    """One line item against the session's currency and mode."""
    if "price" in item:
        raise missing("price", item["price"], f"{param}[price]")
    if "price_data" not in item:
        message = f"You must specify either `price` or `price_data` in {param}."
        raise InvalidRequest(message, code="parameter_missing", param=param)
    if item.get("quantity", 0) < 1:
        raise InvalidRequest("Quantity is required. Add `quantity` to `" + param + "`", param=f"{param}[quantity]")
    _refuse_bad_price(item["price_data"], f"{param}[price_data]", currency, mode)
    for name in ("adjustable_quantity", "tax_rates"):
        if item.get(name):
            raise InvalidRequest(f"The sandbox does not play {name}.", param=f"{param}[{name}]")


def _refuse_bad_price(price: dict[str, Any], param: str, currency: str, mode: str) -> None:
    if price["currency"] not in currencies.SUPPORTED:
        listed = ", ".join(sorted(currencies.SUPPORTED))
        message = f"Invalid currency: {price['currency']}. Stripe currently supports these currencies: {listed}"
        raise InvalidRequest(message, param=f"{param}[currency]")
    if price["currency"] != currency:
        raise InvalidRequest("All prices in a Checkout Session must use the same currency.", param=f"{param}[currency]")
    if "product" in price:
        raise missing("product", price["product"], f"{param}[product]")
    if "product_data" not in price:
        message = f"Missing required param: {param}[product_data]."
        raise InvalidRequest(message, code="parameter_missing", param=f"{param}[product_data]")
    if "recurring" in price and mode == "payment":
        message = "You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or use"
        raise InvalidRequest(f"{message} only one-time prices.", param=f"{param}[recurring]")
    if "recurring" not in price and mode == "subscription":
        message = "The sandbox plays recurring prices only in `subscription` mode, no one-time prices beside them."
        raise InvalidRequest(message, param=f"{param}[recurring]")
    refuse_bad_unit(price, param, currency)


def refuse_bad_unit(price: dict[str, Any], param: str, currency: str) -> None:
    """An amount for each unit, in minor units.

    Raises:
        InvalidRequest: none, a negative one, or no multiple of the currency's smallest step.
    """
    param = f"{param}[unit_amount]" if param else "unit_amount"
    amount = price.get("unit_amount")
    if amount is None:
        message = f"Missing required param: {param}."
        raise InvalidRequest(message, code="parameter_missing", param=param)
    if amount < 0:
        message = "Invalid non-negative integer"
        raise InvalidRequest(message, code="parameter_invalid_integer", param=param)
    refuse_fraction(amount, currency, param)


def refuse_fraction(amount: int, currency: str, param: str) -> None:
    """Check an amount against the currency's smallest step.

    Raises:
        InvalidRequest: it is no multiple of it.
    """
    if amount % currencies.step(currency) == 0:
        return
    if currency in currencies.THREE_DECIMAL:
        raise InvalidRequest(f"Invalid amount: amounts in {currency} must be divisible by ten.", param=param)
    message = (
        f"Invalid amount. Currency {currency.upper()} has become effectively zero-decimal and charged amounts must be evenly"
        " divisible by 100. See https://stripe.com/docs/currencies#special-cases for more information."
    )
    raise InvalidRequest(message, code="invalid_charge_amount_no_decimal_compatible", param=param)


def refuse_bad_total(total: int, currency: str) -> None:
    """The sum against Stripe's smallest and largest charge."""
    least = currencies.minimum(currency)
    if total < least:
        words = f"at least {currencies.formatted(least, currency)} {currency}"
        message = f"The Checkout Session's total amount due must add up to {words}"
        raise InvalidRequest(message, code="amount_too_small")
    if total > currencies.MAXIMUM:
        words = f"no more than {currencies.formatted(currencies.MAXIMUM, currency)}"
        raise InvalidRequest(f"The Checkout Session's total amount due must be {words}", code="amount_too_large")


def refuse_bad_split(act: Act, intent: dict[str, Any], total: int, currency: str) -> None:
    """Fee and destination: who gets what of the payment."""
    fee, transfer = intent.get("application_fee_amount"), intent.get("transfer_data")
    param = "payment_intent_data[application_fee_amount]"
    if fee is not None and not transfer and not act.owner:
        raise InvalidRequest(DIRECT_OR_DESTINATION, param=param)
    if fee is not None and fee < 1:
        raise InvalidRequest("Invalid positive integer", code="parameter_invalid_integer", param=param)
    if fee is not None and fee > total:
        message = f"The application fee amount ({fee}) must be less than or equal to the total amount ({total})."
        raise InvalidRequest(message, param=param)
    if fee is not None:
        refuse_fraction(fee, currency, param)
    if transfer:
        refuse_bad_destination(act, transfer["destination"], intent.get("on_behalf_of"), "payment_intent_data", currency)
        _refuse_bad_part(transfer, fee, total)


def refuse_bad_destination(act: Act, destination: str, merchant: str | None, under: str, currency: str) -> None:
    """An account that is to get the money: it can be sent some, and it is in the platform's region or the settlement merchant itself.

    A charge that settles on the platform is sent on within its region only; with a settlement merchant it is the destination's.
    """
    param = f"{under}[transfer_data][destination]" if under else "transfer_data[destination]"
    account = connected(act.store, destination)
    if account is None:
        raise missing("destination", destination, param)
    if not account["charges_enabled"] or account["capabilities"].get("transfers") != "active":
        raise InvalidRequest(NO_TRANSFERS, code="insufficient_capabilities_for_transfer", param=param)
    if account.get("_refuses") == currency:
        message = f"The currency {currency} is not supported by the account {account['id']}."
        raise InvalidRequest(message, code="currency_not_supported", param=param)
    if merchant is None and region(account["country"]) != region(act.config.country):
        raise InvalidRequest(OTHER_REGION.format(country=account["country"]))
    if merchant is not None and merchant != destination:
        raise InvalidRequest(OTHER_MERCHANT, param=f"{under}[on_behalf_of]")


def _refuse_bad_part(transfer: dict[str, Any], fee: int | None, total: int) -> None:
    amount = transfer.get("amount")
    if amount is None:
        return
    param = "payment_intent_data[transfer_data][amount]"
    if fee is not None:
        message = "You may not provide the application_fee_amount parameter and the transfer_data[amount] parameter"
        raise InvalidRequest(f"{message} simultaneously.", code="parameters_exclusive", param=param)
    if not 0 < amount <= total:
        raise InvalidRequest("The transfer_data[amount] must be positive and at most the total amount.", param=param)
