"""Stripe Tax with a fixed table: by country, on top or within, and none for a business abroad whose tax id is verified."""

from typing import Any

import pytest
import stripe

from tests.tools.sandbox.conftest import Sandbox
from tests.tools.sandbox.receiver import session_params

TAXED = {"automatic_tax": {"enabled": True}, "tax_id_collection": {"enabled": True}}


def line(behavior: str, **recurring: Any) -> list[dict[str, Any]]:
    data = {"currency": "eur", "unit_amount": 11900, "product_data": {"name": "Postgres HA"}, "tax_behavior": behavior}
    return [{"quantity": 1, "price_data": data | recurring}]


def paid(sandbox: Sandbox, behavior: str = "inclusive", *, where: dict[str, str], **changes: Any) -> Any:
    wanted = session_params(**({"line_items": line(behavior)} | TAXED | changes))
    session = sandbox.api.checkout.sessions.create(wanted)
    assert session.automatic_tax.status == "requires_location_inputs"
    sandbox.control(f"/sessions/{session.id}/pay", **where)
    return sandbox.api.checkout.sessions.retrieve(session.id, {"expand": ["line_items", "payment_intent"]})


@pytest.mark.parametrize(
    ("behavior", "where", "tax", "total", "reason"),
    [
        ("inclusive", {"country": "DE"}, 1900, 11900, "standard_rated"),
        ("exclusive", {"country": "DE"}, 2261, 14161, "standard_rated"),
        ("unspecified", {"country": "CH"}, 964, 12864, "standard_rated"),
        ("inclusive", {"country": "US"}, 0, 11900, "not_collecting"),
        ("exclusive", {"country": "DE", "tax_id": "DE123456789"}, 0, 11900, "reverse_charge"),
        ("exclusive", {"country": "DE", "tax_id": "DE111111111"}, 2261, 14161, "standard_rated"),
        ("exclusive", {"country": "DE", "tax_id": "DE222222222"}, 2261, 14161, "standard_rated"),
        ("exclusive", {"country": "NO", "tax_id": "123456789MVA"}, 2975, 14875, "standard_rated"),
        ("exclusive", {"country": "GB", "tax_id": "GB123456789"}, 0, 11900, "reverse_charge"),
    ],
)
def test_a_sale_is_taxed_where_its_buyer_is(
    sandbox: Sandbox, behavior: str, where: dict[str, str], tax: int, total: int, reason: str
) -> None:
    session = paid(sandbox, behavior, where=where)

    assert (session.amount_subtotal, session.total_details.amount_tax, session.amount_total) == (11900, tax, total)
    assert session.payment_intent.amount_received == total
    [sold] = session.line_items.data
    assert (sold.amount_tax, sold.amount_total, sold.taxes[0].taxability_reason) == (tax, total, reason)
    assert (session.automatic_tax.status, session.customer_details.address.country) == ("complete", where["country"])
    assert [one.value for one in session.customer_details.tax_ids] == ([where["tax_id"]] if "tax_id" in where else [])


def test_each_invoice_of_a_subscription_is_taxed(sandbox: Sandbox) -> None:
    items = line("exclusive", recurring={"interval": "month"})
    where = {"country": "FR", "tax_id": "FR11111111111"}

    session = paid(sandbox, where=where, mode="subscription", line_items=items)
    sandbox.control("/clock/advance", days=32)

    first, second = sandbox.api.invoices.list({"subscription": session.subscription}).data
    for invoice in (first, second):
        assert (invoice.subtotal, invoice.total, invoice.total_excluding_tax) == (11900, 14280, 11900)
        assert [(one.amount, one.taxability_reason) for one in invoice.total_taxes] == [(2380, "standard_rated")]
        assert (invoice.status, invoice.amount_paid, invoice.automatic_tax.status) == ("paid", 14280, "complete")
        assert [one.value for one in invoice.customer_tax_ids] == ["FR11111111111"]
    rate = sandbox.api.tax_rates.retrieve(first.total_taxes[0].tax_rate_details.tax_rate)
    assert (rate.percentage, rate.country, rate.inclusive) == (20.0, "FR", False)
    [tax_id] = sandbox.api.customers.tax_ids.list(session.customer).data
    assert (tax_id.country, tax_id.verification.status) == ("FR", "unverified")


@pytest.mark.parametrize(
    ("kind", "value", "status", "events"),
    [
        ("eu_vat", "DE000000000", "verified", ["customer.tax_id.created", "customer.tax_id.updated"]),
        ("eu_vat", "DE111111111", "unverified", ["customer.tax_id.created", "customer.tax_id.updated"]),
        ("eu_vat", "DE222222222", "pending", ["customer.tax_id.created"]),
        ("no_vat", "123456789MVA", "unavailable", ["customer.tax_id.created"]),
    ],
)
def test_a_tax_id_is_verified_as_its_number_says(sandbox: Sandbox, kind: str, value: str, status: str, events: list[str]) -> None:
    customer = sandbox.api.customers.create({"email": "mira@fjord.example", "name": "Fjord AS"})

    made = sandbox.api.customers.tax_ids.create(customer.id, {"type": kind, "value": value})

    assert made.verification.status == status
    told = [event.type for event in sandbox.api.events.list({"type": "customer.tax_id.*"}).data]
    assert told[::-1] == events
    assert [one.id for one in sandbox.api.customers.retrieve(customer.id, {"expand": ["tax_ids"]}).tax_ids.data] == [made.id]
    assert sandbox.api.customers.tax_ids.retrieve(customer.id, made.id).value == value
    assert sandbox.api.customers.tax_ids.delete(customer.id, made.id).deleted
    assert sandbox.api.customers.tax_ids.list(customer.id).data == []


def test_a_tax_id_that_is_none_or_somebody_elses_is_refused(sandbox: Sandbox) -> None:
    mine, yours = (sandbox.api.customers.create({"email": "mira@fjord.example"}) for _ in range(2))
    made = sandbox.api.customers.tax_ids.create(mine.id, {"type": "eu_vat", "value": "DE000000000"})

    with pytest.raises(stripe.InvalidRequestError) as odd:
        sandbox.api.customers.tax_ids.create(mine.id, {"type": "eu_vat", "value": "?"})
    with pytest.raises(stripe.InvalidRequestError) as foreign:
        sandbox.api.customers.tax_ids.delete(yours.id, made.id)

    assert (odd.value.code, foreign.value.code) == ("tax_id_invalid", "resource_missing")
    assert [one.id for one in sandbox.api.customers.tax_ids.list(mine.id).data] == [made.id]


def test_a_rate_that_no_calculation_has_named_is_not_known(sandbox: Sandbox) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sandbox.api.tax_rates.retrieve("txr_unknown")

    assert refused.value.code == "resource_missing"


@pytest.mark.parametrize(("exempt", "reason"), [("exempt", "customer_exempt"), ("reverse", "reverse_charge")])
def test_a_customer_may_be_exempt(sandbox: Sandbox, exempt: str, reason: str) -> None:
    customer = sandbox.api.customers.create({"email": "mira@fjord.example", "tax_exempt": exempt, "address": {"country": "DE"}})
    items = line("exclusive", recurring={"interval": "month"})
    wanted = session_params(mode="subscription", line_items=items, customer=customer.id, **TAXED)
    wanted.pop("customer_email")
    session = sandbox.api.checkout.sessions.create(wanted)

    sandbox.control(f"/sessions/{session.id}/pay", country="DE")

    [invoice] = sandbox.api.invoices.list({"customer": customer.id}).data
    assert (invoice.total, invoice.total_taxes[0].taxability_reason) == (11900, reason)


def test_the_page_shows_the_tax_before_it_is_paid(sandbox: Sandbox) -> None:
    session = sandbox.api.checkout.sessions.create(session_params(line_items=line("exclusive"), **TAXED))
    form = {"act": "pay", "card": "4242424242424242", "country": "DE"}

    odd = sandbox.http.post(f"/c/pay/{session.id}", data=form | {"tax_id": "DE?"})
    shown = sandbox.http.post(f"/c/pay/{session.id}", data=form)
    unpaid = sandbox.api.checkout.sessions.retrieve(session.id)
    asked = sandbox.http.post(f"/c/pay/{session.id}", data=form | {"card": "4000002500003155"})
    done = sandbox.http.post(f"/c/pay/{session.id}", data={"act": "confirm"})

    assert (odd.status_code, "Invalid value for eu_vat" in odd.text) == (422, True)
    assert (shown.status_code, "The tax has changed what is due" in shown.text, "€141.61" in shown.text) == (422, True, True)
    assert (unpaid.status, unpaid.amount_total) == ("open", 14161)
    assert ("is it you?" in asked.text, done.status_code) == (True, 303)
    assert sandbox.api.checkout.sessions.retrieve(session.id).total_details.amount_tax == 2261


def test_a_session_that_asks_for_no_tax_id_takes_none(sandbox: Sandbox) -> None:
    session = sandbox.api.checkout.sessions.create(session_params(line_items=line("inclusive"), automatic_tax={"enabled": True}))

    answer = sandbox.http.post(f"/sandbox/api/sessions/{session.id}/pay", json={"country": "DE", "tax_id": "DE000000000"})

    assert (answer.status_code, sandbox.api.checkout.sessions.retrieve(session.id).status) == (400, "open")
