"""What Stripe refuses of subscriptions, their prices and customers, the sandbox refuses too; and what it does not play, by name."""

from typing import Any

import pytest
import stripe

from tests.tools.sandbox.conftest import Sandbox
from tests.tools.sandbox.test_subscription_changes import price_of
from tests.tools.sandbox.test_subscriptions import current, line, opened, renew, subscribed

TRIAL = {"trial_settings": {"end_behavior": {"missing_payment_method": "pause"}}}
FAR = {"interval": "year", "interval_count": 4}


def refused(call: Any, *args: Any) -> tuple[str | None, str]:
    """The parameter and the words of a refusal."""
    with pytest.raises(stripe.InvalidRequestError) as caught:
        call(*args)
    return caught.value.param, str(caught.value.user_message)


@pytest.mark.parametrize(
    ("changes", "param", "words"),
    [
        ({"line_items": line() + line(interval="year")}, "line_items", "different billing intervals"),
        ({"line_items": line(recurring=FAR)}, "line_items[0][price_data][recurring][interval_count]", "less than or equal to 3 years"),
        ({"line_items": line(amount=10)}, None, "must add up to at least"),
        ({"subscription_data": {"billing_cycle_anchor": 1}}, "subscription_data[billing_cycle_anchor]", "does not play"),
        ({"subscription_data": {"trial_period_days": 1, "trial_end": 1}}, "subscription_data[trial_end]", "only specify one"),
        ({"subscription_data": {"billing_mode": {"type": "flexible"}}}, "subscription_data[billing_mode][type]", "classic only"),
        ({"subscription_data": {"trial_period_days": 0}}, "subscription_data[trial_period_days]", "minimum number of trial"),
        ({"subscription_data": {"trial_end": 1}}, "subscription_data[trial_end]", "at least 2 days"),
        ({"subscription_data": TRIAL}, "subscription_data[trial_settings][end_behavior][missing_payment_method]", "that pauses"),
        (
            {"subscription_data": {"application_fee_percent": 10}},
            "subscription_data[application_fee_percent]",
            "Can only apply an application_fee_percent",
        ),
        (
            {"subscription_data": {"transfer_data": {"destination": "acct_none"}}},
            "subscription_data[transfer_data][destination]",
            "No such destination",
        ),
        (
            {"subscription_data": {"transfer_data": {"destination": "acct_none", "amount_percent": 90}}},
            "subscription_data[transfer_data][amount_percent]",
            "does not play",
        ),
        ({"automatic_tax": {"enabled": True}, "customer_creation": "always"}, "customer_creation", "You can not pass"),
    ],
)
def test_a_session_is_refused_and_nothing_is_begun(sandbox: Sandbox, changes: dict[str, Any], param: str | None, words: str) -> None:
    name, message = refused(lambda: opened(sandbox, **changes))

    assert (name, words in message) == (param, True), message
    assert (sandbox.api.checkout.sessions.list().data, sandbox.api.prices.list().data) == ([], [])


@pytest.mark.parametrize("percent", ["100.01", "12.345", "-1"])
def test_a_fee_has_two_decimals_and_is_at_most_everything(sandbox: Sandbox, percent: str) -> None:
    data = {"application_fee_percent": percent, "transfer_data": {"destination": sandbox.seller()}}

    assert refused(lambda: opened(sandbox, subscription_data=data))[0] == "subscription_data[application_fee_percent]"


def test_a_change_is_refused_and_nothing_is_changed(sandbox: Sandbox) -> None:
    made = subscribed(sandbox)
    item = price_of(made, 5900)
    dollars = sandbox.api.prices.create(
        {"currency": "usd", "unit_amount": 5900, "product_data": {"name": "Other"}, "recurring": {"interval": "month"}}
    )
    once = sandbox.api.prices.create({"currency": "eur", "unit_amount": 5900, "product": item["price_data"]["product"]})
    other = sandbox.api.payment_methods.retrieve(subscribed(sandbox).default_payment_method)
    yearly = item | {"price_data": item["price_data"] | {"recurring": {"interval": "year"}}}
    before = current(sandbox, made.id)
    expected = {
        "items[0][id]": {"items": [{"price": once.id}]},
        "items[0][price]": {"items": [{"id": item["id"], "price": dollars.id}]},
        "default_payment_method": {"default_payment_method": other.id},
        "payment_behavior": {"payment_behavior": "default_incomplete"},
        "application_fee_percent": {"application_fee_percent": 10},
        "trial_settings[end_behavior][missing_payment_method]": TRIAL,
        "pause_collection": {"pause_collection": {"behavior": "void"}},
        "items[0][deleted]": {"items": [{"id": item["id"], "deleted": True}]},
    }

    for param, changes in expected.items():
        assert refused(sandbox.api.subscriptions.update, made.id, changes)[0] == param
    assert "one_time" in refused(sandbox.api.subscriptions.update, made.id, {"items": [{"id": item["id"], "price": once.id}]})[1]
    assert "billing interval" in refused(sandbox.api.subscriptions.update, made.id, {"items": [yearly]})[1]
    assert "No such PaymentMethod" in refused(sandbox.api.subscriptions.update, made.id, {"default_payment_method": "pm_none"})[1]

    assert current(sandbox, made.id).to_dict() == before.to_dict()


def test_a_price_of_its_own_is_used_by_its_id(sandbox: Sandbox) -> None:
    data = {"application_fee_percent": 10, "transfer_data": {"destination": sandbox.seller()}}
    made = subscribed(sandbox, subscription_data=data)
    item = made["items"].data[0]
    price = sandbox.api.prices.create(
        {"currency": "eur", "unit_amount": 7900, "product": item.price.product, "recurring": {"interval": "month"}, "metadata": {"a": "b"}}
    )
    assert (price.active, price.type, price.metadata["a"]) == (True, "recurring", "b")
    assert refused(lambda: opened(sandbox, line_items=[{"price": price.id, "quantity": 1}]))[0] == "line_items[0][price]"

    changes = {
        "items": [{"id": item.id, "price": price.id}],
        "proration_behavior": "none",
        "description": "dearer",
        "application_fee_percent": 5,
    }
    sandbox.api.subscriptions.update(made.id, changes | {"default_payment_method": made.default_payment_method})
    renew(sandbox, made)

    changed = sandbox.api.subscriptions.retrieve(made.id, {"expand": ["items.data.price.product", "latest_invoice.payments.data.payment"]})
    assert (changed["items"].data[0].price.product.name, changed.description) == ("Postgres HA", "dearer")
    intent = changed.latest_invoice.payments.data[0].payment.payment_intent
    assert sandbox.api.payment_intents.retrieve(intent).application_fee_amount == 395
    assert [one.id for one in sandbox.api.prices.list({"active": True}).data] == [price.id]


def test_weeks_and_days_are_counted_too(sandbox: Sandbox) -> None:
    made = subscribed(sandbox, line_items=line(recurring={"interval": "week", "interval_count": 2}))

    assert made["items"].data[0].current_period_end - made.start_date == 14 * 86400


def test_customers_products_and_prices_are_checked(sandbox: Sandbox) -> None:
    customer = sandbox.api.customers.create({"email": "mira@fjord.example"})
    foreign = subscribed(sandbox).default_payment_method

    assert refused(sandbox.api.customers.create, {"email": "mira"}) == ("email", "Invalid email address: mira")
    assert refused(sandbox.api.customers.create, {"balance": 5})[0] == "balance"
    chosen = {"invoice_settings": {"default_payment_method": foreign}}
    assert refused(sandbox.api.customers.update, customer.id, chosen)[0] == "invoice_settings[default_payment_method]"
    assert refused(sandbox.api.payment_methods.list, {})[0] == "customer"
    assert refused(sandbox.api.prices.create, {"currency": "eur", "unit_amount": 100, "product": "prod_none"})[0] == "product"
    assert refused(sandbox.api.prices.create, {"currency": "eur", "unit_amount": 100})[0] == "product"
    assert refused(sandbox.api.prices.create, {"currency": "eur", "product_data": {"name": "x"}})[0] == "unit_amount"
    assert refused(sandbox.api.products.create, {"name": "x", "shippable": True})[0] == "shippable"

    renamed = sandbox.api.customers.update(customer.id, {"name": "Mira", "metadata": {"user": "1"}})
    assert (renamed.name, renamed.email, renamed.metadata["user"]) == ("Mira", "mira@fjord.example", "1")
    product = sandbox.api.products.create({"name": "Postgres HA", "metadata": {"a": "b"}})
    assert (sandbox.api.products.retrieve(product.id).metadata["a"], sandbox.api.products.list().data[0].name) == ("b", "Postgres HA")


def test_commands_know_what_they_cannot_do(sandbox: Sandbox) -> None:
    session, trial = opened(sandbox), opened(sandbox, subscription_data={"trial_period_days": 5})
    commands = {
        f"/sessions/{session.id}/pay-later": {},
        f"/sessions/{session.id}/pay-nothing": {},
        f"/sessions/{trial.id}/pay-nothing": {},
        "/customers/cus_none/card": {},
        "/billing": {"after_retries": "forgive"},
    }

    answers = [sandbox.http.post(f"/sandbox/api{path}", json=values).status_code for path, values in commands.items()]

    assert answers == [400] * 5
    assert sandbox.api.subscriptions.list({"status": "all"}).data == []


def test_a_card_declined_for_a_trial_leaves_the_session_open(sandbox: Sandbox) -> None:
    session = opened(sandbox, subscription_data={"trial_period_days": 5})

    answer = sandbox.http.post(f"/c/pay/{session.id}", data={"act": "pay", "card": "4000000000000002"}, follow_redirects=True)
    assert "Your card was declined." in answer.text
    sandbox.control(f"/sessions/{session.id}/pay")

    [made] = sandbox.api.subscriptions.list().data
    assert (made.status, sandbox.api.charges.list().data) == ("trialing", [])


def test_a_subscription_without_a_card_says_so(sandbox: Sandbox) -> None:
    data = {"trial_period_days": 5}
    session = opened(sandbox, subscription_data=data, payment_method_collection="if_required")
    sandbox.control(f"/sessions/{session.id}/pay-nothing")
    made = current(sandbox, sandbox.api.checkout.sessions.retrieve(session.id).subscription)
    renew(sandbox, made)
    invoice = current(sandbox, made.id).latest_invoice
    with pytest.raises(stripe.CardError, match="no active card"):
        sandbox.api.invoices.pay(invoice.id)
    other = sandbox.control(f"/customers/{made.customer}/card")

    paid = sandbox.api.invoices.pay(invoice.id, {"payment_method": other["id"]})

    assert (paid.status, current(sandbox, made.id).status) == ("paid", "active")
    assert [one.id for one in sandbox.api.invoices.line_items.list(invoice.id).data] == [invoice.lines.data[0].id]
