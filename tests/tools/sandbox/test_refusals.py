"""What Stripe refuses, the sandbox refuses in the same words."""

from typing import Any

import pytest
import stripe

from tests.tools.sandbox.conftest import Sandbox
from tests.tools.sandbox.receiver import session_params


def line(**price: Any) -> list[dict[str, Any]]:
    data = {"currency": "eur", "unit_amount": 4900, "product_data": {"name": "Postgres HA"}} | price
    return [{"quantity": 1, "price_data": {name: value for name, value in data.items() if value is not None}}]


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in session_params().items() if key != name}


def refusal(sandbox: Sandbox, params: dict[str, Any]) -> tuple[str | None, str | None, str]:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        sandbox.api.checkout.sessions.create(params)
    assert caught.value.http_status in {400, 404}
    assert sandbox.api.checkout.sessions.list().data == []
    return caught.value.code, caught.value.param, str(caught.value.user_message)


@pytest.mark.parametrize(
    ("params", "code", "param", "message"),
    [
        pytest.param(session_params(foo="x"), "parameter_unknown", "foo", "Received unknown parameter: foo", id="unknown"),
        pytest.param(
            session_params(foo="x", bar="y"),
            "parameter_unknown",
            "foo",
            "Received unknown parameters: foo, bar",
            id="two unknown",
        ),
        pytest.param(
            session_params(line_items=line(colour="red")),
            "parameter_unknown",
            "line_items[0][price_data][colour]",
            "Received unknown parameter: line_items[0][price_data][colour]",
            id="unknown inside",
        ),
        pytest.param(
            session_params(payment_intent_data={"application_fee": 1}),
            "parameter_unknown",
            "payment_intent_data[application_fee]",
            "Received unknown parameter: payment_intent_data[application_fee]",
            id="nearly right",
        ),
        pytest.param(
            session_params(line_items=line(currency=None)),
            "parameter_missing",
            "line_items[0][price_data][currency]",
            "Missing required param: line_items[0][price_data][currency].",
            id="missing inside",
        ),
        pytest.param(without("mode"), "parameter_missing", "mode", "Missing required param: mode.", id="no mode"),
        pytest.param(
            without("success_url"),
            "parameter_missing",
            "success_url",
            "Missing required param: success_url.",
            id="no success_url",
        ),
        pytest.param(
            without("line_items"),
            "parameter_missing",
            "line_items",
            "Missing required param: line_items.",
            id="no items",
        ),
        pytest.param(
            session_params(expires_at="soon"),
            "parameter_invalid_integer",
            "expires_at",
            "Invalid integer: soon",
            id="no integer",
        ),
        pytest.param(
            session_params(line_items=line(unit_amount=49.5)),
            "parameter_invalid_integer",
            "line_items[0][price_data][unit_amount]",
            "Invalid integer: 49.5",
            id="a fraction",
        ),
        pytest.param(
            session_params(allow_promotion_codes="yes"),
            None,
            "allow_promotion_codes",
            "Invalid boolean: yes",
            id="no boolean",
        ),
        pytest.param(session_params(line_items="x"), None, "line_items", "Invalid array", id="no array"),
        pytest.param(session_params(payment_intent_data="x"), None, "payment_intent_data", "Invalid object", id="no object"),
        pytest.param(
            session_params(client_reference_id={"a": "b"}),
            None,
            "client_reference_id",
            "Invalid string: {'a': 'b'}",
            id="no string",
        ),
        pytest.param(
            session_params(mode="gift"),
            None,
            "mode",
            "Invalid mode: must be one of payment, setup, or subscription",
            id="out of enum",
        ),
        pytest.param(
            session_params(customer_email="mira"),
            "email_invalid",
            "customer_email",
            "Invalid email address: mira",
            id="no e-mail",
        ),
        pytest.param(session_params(success_url="/back"), "url_invalid", "success_url", "Not a valid URL", id="no url"),
        pytest.param(
            session_params(expires_at=1),
            None,
            "expires_at",
            "The `expires_at` timestamp must be at least 30 minutes and at most 24 hours from Checkout Session creation.",
            id="expiry past",
        ),
        pytest.param(
            session_params(line_items=line(unit_amount=49)),
            "amount_too_small",
            None,
            "The Checkout Session's total amount due must add up to at least €0.50 eur",
            id="too small",
        ),
        pytest.param(
            session_params(line_items=line(unit_amount=49, currency="jpy")),
            "amount_too_small",
            None,
            "The Checkout Session's total amount due must add up to at least ¥50 jpy",
            id="too small without decimals",
        ),
        pytest.param(
            session_params(line_items=line(unit_amount=100_000_000)),
            "amount_too_large",
            None,
            "The Checkout Session's total amount due must be no more than €999,999.99",
            id="too large",
        ),
        pytest.param(
            session_params(line_items=line(unit_amount=-1)),
            "parameter_invalid_integer",
            "line_items[0][price_data][unit_amount]",
            "Invalid non-negative integer",
            id="negative",
        ),
        pytest.param(
            session_params(line_items=line(unit_amount=1001, currency="kwd")),
            None,
            "line_items[0][price_data][unit_amount]",
            "Invalid amount: amounts in kwd must be divisible by ten.",
            id="three decimals",
        ),
        pytest.param(
            session_params(line_items=line(unit_amount=1250, currency="isk")),
            "invalid_charge_amount_no_decimal_compatible",
            "line_items[0][price_data][unit_amount]",
            "Invalid amount. Currency ISK has become effectively zero-decimal and charged amounts must be evenly divisible by 100."
            " See https://stripe.com/docs/currencies#special-cases for more information.",
            id="hundredths of a króna",
        ),
        pytest.param(
            session_params(line_items=line(unit_amount=100_000, currency="ugx")),
            "amount_too_small",
            None,
            "The Checkout Session's total amount due must add up to at least UGX\xa01,800.00 ugx",
            id="shillings are counted in hundredths",
        ),
        pytest.param(
            session_params(line_items=line() + line(currency="usd")),
            None,
            "line_items[1][price_data][currency]",
            "All prices in a Checkout Session must use the same currency.",
            id="two currencies",
        ),
        pytest.param(
            session_params(line_items=line(recurring={"interval": "month"})),
            None,
            "line_items[0][price_data][recurring]",
            "You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or use only one-time prices.",
            id="recurring",
        ),
        pytest.param(
            session_params(line_items=[{"price": "price_1", "quantity": 1}]),
            "resource_missing",
            "line_items[0][price]",
            "No such price: 'price_1'",
            id="price",
        ),
        pytest.param(
            session_params(payment_intent_data={"application_fee_amount": 100}),
            None,
            "payment_intent_data[application_fee_amount]",
            "Can only apply an application_fee_amount when the PaymentIntent is attempting a direct payment (using an OAuth"
            " key or Stripe-Account header) or destination payment (using `transfer_data[destination]`).",
            id="fee without seller",
        ),
        pytest.param(
            session_params(payment_intent_data={"transfer_data": {"destination": "acct_none"}}),
            "resource_missing",
            "payment_intent_data[transfer_data][destination]",
            "No such destination: 'acct_none'",
            id="no such seller",
        ),
        pytest.param(
            session_params(metadata={"note": "x" * 501}),
            None,
            "metadata[note]",
            f"Metadata values can have up to 500 characters, but you passed in a value that is 501 characters. Invalid value: {'x' * 501}",
            id="metadata value",
        ),
        pytest.param(
            session_params(metadata={"x" * 41: "y"}),
            None,
            f"metadata[{'x' * 41}]",
            "Metadata keys can have up to 40 characters.",
            id="metadata key",
        ),
        pytest.param(
            session_params(metadata={str(number): "y" for number in range(51)}),
            None,
            "metadata",
            "You can only set up to 50 keys in metadata.",
            id="metadata count",
        ),
        pytest.param(
            session_params(mode="setup"),
            None,
            "mode",
            "The sandbox plays mode=payment and mode=subscription only, not setup.",
            id="mode not played",
        ),
        pytest.param(
            session_params(mode="subscription"),
            None,
            "line_items[0][price_data][recurring]",
            "The sandbox plays recurring prices only in `subscription` mode, no one-time prices beside them.",
            id="one-time price in a subscription",
        ),
        pytest.param(
            session_params(mode="subscription", payment_intent_data={"metadata": {"a": "b"}}),
            None,
            "payment_intent_data",
            "You can not pass `payment_intent_data` in `subscription` mode.",
            id="payment of a subscription",
        ),
        pytest.param(
            session_params(subscription_data={"metadata": {"a": "b"}}),
            None,
            "subscription_data",
            "You can not pass `subscription_data` in `payment` mode.",
            id="subscription of a payment",
        ),
        pytest.param(
            session_params(customer="cus_1"),
            "parameters_exclusive",
            "customer",
            "You may only specify one of these parameters: customer, customer_email.",
            id="two customers",
        ),
        pytest.param(
            {name: value for name, value in session_params(customer="cus_1").items() if name != "customer_email"},
            "resource_missing",
            "customer",
            "No such customer: 'cus_1'",
            id="no such customer",
        ),
        pytest.param(
            session_params(ui_mode="elements"),
            None,
            "ui_mode",
            "The sandbox plays ui_mode=hosted_page only.",
            id="ui_mode not played",
        ),
        pytest.param(
            session_params(discounts=[{"coupon": "x"}]),
            None,
            "discounts",
            "The sandbox plays discounts in subscription mode only.",
            id="discount of a single payment",
        ),
        pytest.param(
            session_params(payment_intent_data={"capture_method": "manual"}),
            None,
            "payment_intent_data[capture_method]",
            "The sandbox does not play manual capture.",
            id="capture not played",
        ),
    ],
)
def test_session_is_refused(sandbox: Sandbox, params: dict[str, Any], code: str | None, param: str | None, message: str) -> None:
    assert refusal(sandbox, params) == (code, param, message)


def test_empty_string_is_refused_unless_it_unsets(sandbox: Sandbox) -> None:
    body = {"account": "", "type": "account_onboarding"}
    answer = sandbox.http.post("/v1/account_links", data=body, headers={"Authorization": "Bearer sk_test_sandbox"})

    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["code"], error["param"], error["type"]) == (
        "parameter_invalid_empty",
        "account",
        "invalid_request_error",
    )
    assert error["doc_url"] == "https://stripe.com/docs/error-codes/parameter-invalid-empty"


@pytest.mark.parametrize(
    ("body", "param"),
    [
        pytest.param("a[b=1", "a[b", id="open bracket"),
        pytest.param("mode=payment&mode[x]=1", "mode[x]", id="value then group"),
        pytest.param("mode[x]=1&mode=payment", "mode", id="group then value"),
        pytest.param("a" + "[b]" * 11 + "=1", "a" + "[b]" * 11, id="too deep"),
    ],
)
def test_broken_bracket_notation_is_refused(sandbox: Sandbox, body: str, param: str) -> None:
    headers = {"Authorization": "Bearer sk_test_sandbox", "Content-Type": "application/x-www-form-urlencoded"}

    answer = sandbox.http.post("/v1/checkout/sessions", content=body, headers=headers)

    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == param


def test_every_answer_names_its_request(sandbox: Sandbox) -> None:
    session = sandbox.session()

    assert session.last_response.headers["Request-Id"].startswith("req_")
    assert session.last_response.headers["Stripe-Version"] == stripe.api_version
    with pytest.raises(stripe.InvalidRequestError) as caught:
        sandbox.api.charges.retrieve("ch_none")
    assert (caught.value.http_status, caught.value.code, caught.value.param) == (404, "resource_missing", "charge")
    assert str(caught.value.user_message) == "No such charge: 'ch_none'"
    assert str(caught.value.request_id).startswith("req_")
