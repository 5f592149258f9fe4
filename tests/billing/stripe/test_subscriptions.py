"""How invoices of Stripe are read: what they were paid with, and what they are for."""

from types import SimpleNamespace
from typing import cast

import pytest
import stripe

from billing.stripe.subscriptions import _paid_periods, end_subscription, intent_asked, intent_of, subscription_of, subscription_of_session
from tests.support.sandbox import Sandbox, sandbox, sandbox_process

__all__ = ["sandbox", "sandbox_process"]


def invoice(**values: object) -> stripe.Invoice:
    return stripe.Invoice.construct_from({"id": "in_1", "object": "invoice", **values}, key=None)


def payments(*each: dict[str, object]) -> dict[str, object]:
    return {"object": "list", "data": list(each)}


@pytest.mark.parametrize(
    ("values", "intent"),
    [
        ({}, ""),
        ({"payments": None}, ""),
        ({"payments": payments()}, ""),
        ({"payments": payments({"status": "open", "payment": {"payment_intent": "pi_1"}})}, ""),
        ({"payments": payments({"status": "paid", "payment": {"payment_intent": None}})}, ""),
        (
            {
                "payments": payments(
                    {"status": "canceled", "payment": {"payment_intent": "pi_1"}}, {"status": "paid", "payment": {"payment_intent": "pi_2"}}
                )
            },
            "pi_2",
        ),
        ({"payments": payments({"status": "paid", "payment": {"payment_intent": {"id": "pi_3", "object": "payment_intent"}}})}, "pi_3"),
    ],
)
def test_an_invoice_was_paid_with_the_intent_that_is_paid(values: dict[str, object], intent: str) -> None:
    assert intent_of(invoice(**({"payments": None} | values))) == intent


@pytest.mark.parametrize(
    ("each", "intent"),
    [
        ((), ""),
        (({"status": "open", "payment": {"payment_intent": "pi_1"}},), "pi_1"),
        (({"status": "canceled", "payment": {"payment_intent": {"id": "pi_2", "object": "payment_intent"}}},), "pi_2"),
        (({"status": "open", "payment": {"payment_intent": None}},), ""),
        (
            ({"status": "canceled", "payment": {"payment_intent": "pi_1"}}, {"status": "paid", "payment": {"payment_intent": "pi_3"}}),
            "pi_3",
        ),
    ],
)
def test_a_bank_debit_that_is_awaited_or_did_not_come_is_found_by_its_intent(each: tuple[dict[str, object], ...], intent: str) -> None:
    assert intent_asked(invoice(payments=payments(*each))) == intent
    assert intent_asked(invoice(payments=None)) == ""


@pytest.mark.parametrize(
    ("parent", "subscription"),
    [
        (None, ""),
        ({"subscription_details": None}, ""),
        ({"subscription_details": {"subscription": "sub_1"}}, "sub_1"),
        ({"subscription_details": {"subscription": {"id": "sub_2", "object": "subscription"}}}, "sub_2"),
    ],
)
def test_an_invoice_names_its_subscription(parent: dict[str, object] | None, subscription: str) -> None:
    assert subscription_of(invoice(parent=parent)) == subscription


@pytest.mark.parametrize(("begun", "key"), [(None, ""), ("sub_1", "sub_1"), ({"id": "sub_2", "object": "subscription"}, "sub_2")])
def test_a_session_names_what_it_has_begun(begun: object, key: str) -> None:
    session = stripe.checkout.Session.construct_from({"id": "cs_1", "object": "checkout.session", "subscription": begun}, key=None)

    assert subscription_of_session(session) == key


def test_a_period_for_which_nothing_was_charged_is_none() -> None:
    listed = [invoice(amount_paid=0, payments=None), invoice(amount_paid=900, payments=None)]
    v1 = SimpleNamespace(invoices=SimpleNamespace(list=lambda _params: SimpleNamespace(auto_paging_iter=lambda: iter(listed))))

    assert list(_paid_periods(cast("stripe.V1Services", v1), "sub_1")) == []


@pytest.mark.django_db(transaction=True)
def test_what_has_ended_is_not_ended_again(sandbox: Sandbox) -> None:
    price = {"currency": "eur", "unit_amount": "900", "product_data][name": "x", "recurring][interval": "month"}
    form = {f"line_items[0][price_data][{name}]": value for name, value in price.items()}
    made = sandbox.post(
        "/checkout/sessions",
        mode="subscription",
        success_url="http://127.0.0.1:1/",
        customer_email="mira@fjord.example",
        **form,
        **{"line_items[0][quantity]": "1"},
    )
    sandbox.control(f"/sessions/{made['id']}/pay")
    key = sandbox.get(f"/checkout/sessions/{made['id']}")["subscription"]

    end_subscription(key)
    end_subscription(key)

    assert sandbox.get(f"/subscriptions/{key}")["status"] == "canceled"
    assert len(sandbox.events("customer.subscription.deleted", key)) == 1
