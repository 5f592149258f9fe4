"""What Stripe refuses of what is sold and of who gets how much of it, the sandbox refuses in the same words."""

from typing import Any

import pytest
import stripe

from tests.tools.sandbox.conftest import Sandbox
from tests.tools.sandbox.receiver import session_params
from tests.tools.sandbox.test_refusals import line, refusal


@pytest.mark.parametrize(
    ("item", "param", "message"),
    [
        pytest.param(
            {"quantity": 1},
            "line_items[0]",
            "You must specify either `price` or `price_data` in line_items[0].",
            id="no price",
        ),
        pytest.param(
            line()[0] | {"quantity": 0},
            "line_items[0][quantity]",
            "Quantity is required. Add `quantity` to `line_items[0]`",
            id="no quantity",
        ),
        pytest.param(
            line(product_data=None, product="prod_1")[0],
            "line_items[0][price_data][product]",
            "No such product: 'prod_1'",
            id="product",
        ),
        pytest.param(
            line(product_data=None)[0],
            "line_items[0][price_data][product_data]",
            "Missing required param: line_items[0][price_data][product_data].",
            id="no product",
        ),
        pytest.param(
            line(unit_amount=None)[0],
            "line_items[0][price_data][unit_amount]",
            "Missing required param: line_items[0][price_data][unit_amount].",
            id="no amount",
        ),
        pytest.param(
            line()[0] | {"tax_rates": ["txr_1"]},
            "line_items[0][tax_rates]",
            "The sandbox does not play tax_rates.",
            id="tax not played",
        ),
    ],
)
def test_line_item_is_refused(sandbox: Sandbox, item: dict[str, Any], param: str, message: str) -> None:
    assert refusal(sandbox, session_params(line_items=[item]))[1:] == (param, message)


def test_unknown_currency_is_refused_with_those_there_are(sandbox: Sandbox) -> None:
    _, param, message = refusal(sandbox, session_params(line_items=line(currency="eek")))

    assert param == "line_items[0][price_data][currency]"
    assert message.startswith("Invalid currency: eek. Stripe currently supports these currencies: aed, afn, all,")


def test_seller_without_charges_cannot_be_destination(sandbox: Sandbox) -> None:
    account = sandbox.api.accounts.create({"type": "express"})

    code, param, message = refusal(sandbox, session_params(payment_intent_data={"transfer_data": {"destination": account.id}}))

    assert (code, param) == (
        "insufficient_capabilities_for_transfer",
        "payment_intent_data[transfer_data][destination]",
    )
    assert message.startswith("Your destination account needs to have at least one of the following capabilities")


@pytest.mark.parametrize(
    ("intent", "param"),
    [
        pytest.param({"application_fee_amount": 4901}, "payment_intent_data[application_fee_amount]", id="above amount"),
        pytest.param({"application_fee_amount": 0}, "payment_intent_data[application_fee_amount]", id="nothing"),
        pytest.param({"transfer": 4901}, "payment_intent_data[transfer_data][amount]", id="transfer above amount"),
        pytest.param(
            {"application_fee_amount": 1, "transfer": 10},
            "payment_intent_data[transfer_data][amount]",
            id="fee and transfer amount",
        ),
    ],
)
def test_split_beyond_the_amount_is_refused(sandbox: Sandbox, intent: dict[str, Any], param: str) -> None:
    transfer = {"destination": sandbox.seller()} | ({"amount": intent.pop("transfer")} if "transfer" in intent else {})

    assert refusal(sandbox, session_params(payment_intent_data=intent | {"transfer_data": transfer}))[1] == param


def test_a_destination_of_another_region_is_paid_only_on_its_behalf(sandbox: Sandbox) -> None:
    abroad, near = sandbox.seller(country="US"), sandbox.seller(country="DE")

    with pytest.raises(stripe.InvalidRequestError) as refused:
        sandbox.session(payment_intent_data={"transfer_data": {"destination": abroad}})
    with pytest.raises(stripe.InvalidRequestError) as mixed:
        sandbox.session(payment_intent_data={"transfer_data": {"destination": abroad}, "on_behalf_of": near})

    assert "outside the platform's region" in str(refused.value.user_message)
    assert mixed.value.param == "payment_intent_data[on_behalf_of]"
    assert sandbox.session(payment_intent_data={"transfer_data": {"destination": near}}).url
    assert sandbox.session(payment_intent_data={"transfer_data": {"destination": abroad}, "on_behalf_of": abroad}).url
