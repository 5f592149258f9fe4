"""What is read of tax from a session, also where Stripe says less than usual."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
import stripe

from billing.stripe.checkout import Sale, session_params
from billing.stripe.payment_data import BillingParty, TaxLine
from billing.stripe.taxes import TAX_CODE, billing_party_of, party_of_invoice, taxes_of, taxes_of_invoice
from common.money import Money

RATE = {"display_name": "VAT", "percentage": 19.0, "effective_percentage": 18.5, "country": "DE"}
NOWHERE = {"line1": None, "line2": None, "postal_code": None, "city": None, "state": None, "country": None}


def session(**values: Any) -> stripe.checkout.Session:
    body = {"object": "checkout.session", "currency": "eur", "total_details": {"amount_tax": 0}, "customer_details": None}
    made: stripe.checkout.Session = stripe.checkout.Session.construct_from(body | values, "sk_test")
    return made


def taxed(rate: dict[str, Any], reason: str | None) -> tuple[TaxLine, ...]:
    tax = {"amount": 80, "rate": rate, "taxability_reason": reason, "taxable_amount": 420}
    return taxes_of(session(total_details={"amount_tax": 80, "breakdown": {"discounts": [], "taxes": [tax]}}))


@pytest.mark.parametrize(
    ("rate", "reason", "line"),
    [
        (RATE, "standard_rated", TaxLine("VAT", "18.5", "DE", "standard_rated", Money(80, "eur"))),
        (RATE | {"effective_percentage": None, "country": None}, None, TaxLine("VAT", "19.0", "", "", Money(80, "eur"))),
    ],
)
def test_a_tax_is_read_with_its_rate(rate: dict[str, Any], reason: str | None, line: TaxLine) -> None:
    assert taxed(rate, reason) == (line,)


def test_without_a_breakdown_there_is_no_tax() -> None:
    assert taxes_of(session()) == ()
    assert taxes_of(session(total_details=None)) == ()


@pytest.mark.parametrize(
    ("details", "party"),
    [
        (None, None),
        ({"name": "Bea", "business_name": None, "address": None, "tax_ids": None}, BillingParty("Bea", (), ())),
        (
            {
                "name": "Bea",
                "business_name": "Fjord AS",
                "address": NOWHERE | {"line1": "Weg 1", "postal_code": "10115", "city": "Berlin", "country": "DE"},
                "tax_ids": [{"type": "eu_vat", "value": "DE1"}, {"type": "unknown", "value": None}],
            },
            BillingParty("Fjord AS", ("Weg 1", "10115 Berlin", "DE"), ("DE1",)),
        ),
    ],
)
def test_who_buys_is_read_as_far_as_they_said(details: Any, party: BillingParty | None) -> None:
    assert billing_party_of(session(customer_details=details)) == party


@pytest.mark.parametrize("with_tax", [False, True])
def test_tax_is_asked_for_within_the_price_and_on_the_sellers_account(*, with_tax: bool) -> None:
    sale = Sale(
        order_id=UUID(int=1), buyer_id=UUID(int=2), email="a@b.test", title="x", image_names=("acme/db",), price=Money(500, "eur"), fee=Money(50, "eur"),
        destination="acct_1", on_behalf_of_seller=False, expires_at=datetime(2026, 11, 29, tzinfo=UTC), note="" if with_tax else "n", with_tax=with_tax,
    )  # fmt: skip

    params = session_params(sale)

    price = params["line_items"][0]["price_data"]
    if with_tax:
        assert params["automatic_tax"] == {"enabled": True, "liability": {"type": "account", "account": "acct_1"}}
        assert params["tax_id_collection"] == {"enabled": True}
        assert (price["tax_behavior"], price["product_data"]["tax_code"]) == ("inclusive", TAX_CODE)
        assert "custom_text" not in params
    else:
        assert not {"automatic_tax", "tax_id_collection"} & params.keys()
        assert params["custom_text"] == {"submit": {"message": "n"}}
        assert "tax_behavior" not in price


@pytest.mark.parametrize("fee", [0, 50])
def test_a_subscription_is_paid_on_behalf_of_a_seller_elsewhere_and_our_fee_is_a_percentage_if_there_is_one(fee: int) -> None:
    sale = Sale(
        order_id=UUID(int=1), buyer_id=UUID(int=2), email="a@b.test", title="x", image_names=("acme/db",), price=Money(500, "eur"), fee=Money(fee, "eur"),
        destination="acct_1", on_behalf_of_seller=True, expires_at=datetime(2026, 11, 29, tzinfo=UTC), interval="month",
    )  # fmt: skip

    data = session_params(sale)["subscription_data"]

    assert data["on_behalf_of"] == data["transfer_data"]["destination"] == "acct_1"
    assert data.get("application_fee_percent") == (10.0 if fee else None)
    assert data["billing_mode"] == {"type": "classic"}


class Rates:
    """Stripe's rates, by their ids."""

    def __init__(self, **rates: dict[str, Any]) -> None:
        self.tax_rates = self
        self.known = rates

    def retrieve(self, key: str) -> stripe.TaxRate:
        return stripe.TaxRate.construct_from({"id": key} | self.known[key], "sk_test")


def test_taxes_of_an_invoice_are_read_with_the_rates_that_they_name() -> None:
    named = {"amount": 80, "taxability_reason": "standard_rated", "tax_rate_details": {"tax_rate": "txr_1"}}
    unnamed = {"amount": 0, "taxability_reason": None, "tax_rate_details": None}
    body = {"object": "invoice", "currency": "eur", "total_taxes": [named, unnamed]}

    lines = taxes_of_invoice(Rates(txr_1=RATE), stripe.Invoice.construct_from(body, "sk_test"))  # type: ignore[arg-type]  # what it asks for

    assert lines == (TaxLine("VAT", "18.5", "DE", "standard_rated", Money(80, "eur")), TaxLine("", "", "", "", Money(0, "eur")))
    assert taxes_of_invoice(Rates(), stripe.Invoice.construct_from(body | {"total_taxes": None}, "sk_test")) == ()  # type: ignore[arg-type]  # as above


def test_who_an_invoice_is_for_is_read_also_where_stripe_knows_little() -> None:
    ids = [{"type": "eu_vat", "value": "DE1"}, {"type": "unknown", "value": None}]
    known = {"customer_name": "Fjord AS", "customer_address": NOWHERE | {"line1": "Weg 1", "country": "DE"}, "customer_tax_ids": ids}
    unknown = {"customer_name": None, "customer_address": None, "customer_tax_ids": None}

    parties = [party_of_invoice(stripe.Invoice.construct_from({"object": "invoice"} | one, "sk_test")) for one in (known, unknown)]

    assert parties == [BillingParty("Fjord AS", ("Weg 1", "DE"), ("DE1",)), BillingParty("", (), ())]
