"""Tax of a Checkout Session for which its seller is liable: contained in the price, or none for a business abroad."""

from typing import Any

import pytest
import stripe

from tests.tools.sandbox.conftest import Sandbox
from tests.tools.sandbox.receiver import session_params


def taxed(sandbox: Sandbox, country: str = "DE", **changes: Any) -> Any:
    """An open session whose tax is a seller's."""
    seller = sandbox.seller(country=country)
    params = session_params(payment_intent_data={"transfer_data": {"destination": seller}, "on_behalf_of": seller})
    params["line_items"][0]["price_data"]["tax_behavior"] = "inclusive"
    params |= {
        "automatic_tax": {"enabled": True, "liability": {"type": "account", "account": seller}},
        "tax_id_collection": {"enabled": True},
    }
    return sandbox.api.checkout.sessions.create(params | changes)


def after(sandbox: Sandbox, session: Any) -> Any:
    return sandbox.api.checkout.sessions.retrieve(session.id, {"expand": ["total_details.breakdown"]})


def pay(sandbox: Sandbox, session: Any, **who: str) -> Any:
    sandbox.control(f"/sessions/{session.id}/buyer", **who)
    sandbox.control(f"/sessions/{session.id}/pay")
    return after(sandbox, session)


@pytest.mark.parametrize(
    ("who", "tax", "percent", "reason"),
    [
        ({"country": "DE"}, 782, 19.0, "standard_rated"),
        ({"country": "DE", "tax_id": "DE123456789"}, 782, 19.0, "standard_rated"),
        ({"country": "FR", "tax_id": "FR12345678901"}, 0, 0.0, "reverse_charge"),
        ({"country": "CH", "tax_id": "CHE123456789"}, 367, 8.1, "standard_rated"),
        ({"country": "US"}, 0, 0.0, "not_collecting"),
    ],
)
def test_tax_follows_from_where_the_buyer_is(sandbox: Sandbox, who: dict[str, str], tax: int, percent: float, reason: str) -> None:
    session = taxed(sandbox)
    assert (session.automatic_tax.status, session.amount_total) == ("requires_location_inputs", 4900)

    paid = pay(sandbox, session, **who)

    (found,) = paid.total_details.breakdown.taxes
    assert (paid.amount_total, paid.total_details.amount_tax, paid.automatic_tax.status) == (4900, tax, "complete")
    assert (found.amount, found.rate.percentage, found.taxability_reason) == (tax, percent, reason)
    kind = "ch_vat" if who["country"] == "CH" else "eu_vat"
    assert [(one.type, one.value) for one in paid.customer_details.tax_ids] == [(kind, who[name]) for name in who if name == "tax_id"]


def test_the_page_asks_where_the_buyer_is_and_refuses_what_is_no_vat_id(sandbox: Sandbox) -> None:
    session = taxed(sandbox)
    assert 'name="country"' in sandbox.http.get(session.url).text
    card = {"act": "pay", "card": "4242 4242 4242 3155", "country": "DE", "name": "Bea"}

    refused = sandbox.http.post(session.url, data=card | {"tax_id": "?"})
    sandbox.http.post(session.url, data=card)
    sandbox.http.post(session.url, data={"act": "confirm", "card": ""})

    assert (refused.status_code, "Enter a VAT id" in refused.text) == (422, True)
    assert (after(sandbox, session).customer_details.name, after(sandbox, session).total_details.amount_tax) == ("Bea", 782)


def test_without_automatic_tax_nothing_is_asked_and_there_is_none(sandbox: Sandbox) -> None:
    session = sandbox.session(custom_text={"submit": {"message": "Taxes are in it."}})
    page = sandbox.http.get(session.url).text

    assert ('name="country"' in page, "Taxes are in it." in page) == (False, True)
    assert pay(sandbox, session).total_details.breakdown.taxes == []


def test_an_account_that_is_not_connected_is_liable_for_nothing(sandbox: Sandbox) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sandbox.session(automatic_tax={"enabled": True, "liability": {"type": "account", "account": "acct_none"}})

    assert refused.value.param == "automatic_tax[liability][account]"
