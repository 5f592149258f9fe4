"""The customer portal and the page of an invoice: cancel, take that back, another card, pay what is open."""

from typing import Any

import pytest
import stripe

from tests.tools.sandbox.conftest import Sandbox
from tests.tools.sandbox.test_subscriptions import current, renew, subscribed


def portal(sandbox: Sandbox, customer: str, **changes: Any) -> Any:
    wanted = {"customer": customer, "return_url": "http://127.0.0.1:1/subscriptions"} | changes
    return sandbox.api.billing_portal.sessions.create(wanted)


def test_a_customer_cancels_and_takes_that_back(sandbox: Sandbox) -> None:
    made = subscribed(sandbox)
    session = portal(sandbox, made.customer, flow_data={"type": "subscription_cancel", "subscription_cancel": {"subscription": made.id}})
    page = sandbox.http.get(session.url)
    assert ("Postgres HA" in page.text, "€49.00 a month" in page.text, "Renews on" in page.text) == (True, True, True)

    assert sandbox.http.post(session.url, data={"act": "cancel", "subscription": made.id}).status_code == 303
    asked = current(sandbox, made.id)
    assert (asked.cancel_at_period_end, "Ends on" in sandbox.http.get(session.url).text) == (True, True)
    sandbox.http.post(session.url, data={"act": "go-on", "subscription": made.id})

    assert current(sandbox, made.id).cancel_at_period_end is False


def test_another_card_is_taken_and_one_that_is_declined_is_not(sandbox: Sandbox) -> None:
    made = subscribed(sandbox)
    session = portal(sandbox, made.customer, flow_data={"type": "payment_method_update"})

    refused = [sandbox.http.post(session.url, data={"act": "card", "card": number}) for number in ("4000000000000002", "12")]
    kept = current(sandbox, made.id).default_payment_method
    taken = sandbox.http.post(session.url, data={"act": "card", "card": "4000 0000 0000 0341"})

    assert [answer.status_code for answer in refused] == [422, 422]
    assert ("Your card was declined." in refused[0].text, kept, taken.status_code) == (True, made.default_payment_method, 303)
    cards = sandbox.api.payment_methods.list({"customer": made.customer}).data
    assert [one.card.last4 for one in cards] == ["0341", "4242"]
    assert sandbox.api.customers.payment_methods.list(made.customer).data[0].id == cards[0].id
    customer = sandbox.api.customers.retrieve(made.customer)
    assert current(sandbox, made.id).default_payment_method == customer.invoice_settings.default_payment_method == cards[0].id


def test_an_open_invoice_is_paid_on_its_page(sandbox: Sandbox) -> None:
    made = subscribed(sandbox, "0341")
    renew(sandbox, made)
    address = current(sandbox, made.id).latest_invoice.hosted_invoice_url
    assert "Pay €49.00" in sandbox.http.get(address).text

    refused = [sandbox.http.post(address, data={"card": number}) for number in ("x", "4000000000000341")]
    assert [answer.status_code for answer in refused] == [422, 422]
    assert current(sandbox, made.id).status == "past_due"
    assert sandbox.http.post(address, data={"card": "4242424242424242"}).status_code == 303

    paid = current(sandbox, made.id)
    assert (paid.status, paid.latest_invoice.status) == ("active", "paid")
    assert sandbox.http.post(address, data={"card": "4242424242424242"}).status_code == 303
    assert "Pay €49.00" not in sandbox.http.get(address).text


def test_a_portal_acts_for_its_own_customer_alone(sandbox: Sandbox) -> None:
    mine, yours = subscribed(sandbox), subscribed(sandbox)
    session = portal(sandbox, mine.customer)

    answers = [
        sandbox.http.post(session.url, data={"act": "cancel", "subscription": yours.id}),
        sandbox.http.post(session.url, data={"act": "dance", "subscription": mine.id}),
    ]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert [current(sandbox, one.id).cancel_at_period_end for one in (mine, yours)] == [False, False]
    assert [sandbox.http.get(path).status_code for path in ("/p/session/bps_none", "/i/in_none")] == [404, 404]


def test_an_ended_subscription_is_not_shown(sandbox: Sandbox) -> None:
    made = subscribed(sandbox)
    sandbox.api.subscriptions.cancel(made.id)
    session = portal(sandbox, made.customer)

    sandbox.http.post(session.url, data={"act": "card", "card": "4242424242424242"})

    assert "There is no subscription." in sandbox.http.get(session.url).text
    assert sandbox.http.post(session.url, data={"act": "go-on", "subscription": made.id}).status_code == 400


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"customer": "cus_none"}, "customer"),
        ({"return_url": "/back"}, "return_url"),
        ({"configuration": "bpc_1"}, "configuration"),
        ({"flow_data": {"type": "subscription_update"}}, "flow_data[type]"),
        ({"flow_data": {"type": "payment_method_update", "after_completion": {"type": "portal_homepage"}}}, "flow_data[after_completion]"),
        (
            {"flow_data": {"type": "subscription_cancel", "subscription_cancel": {"subscription": "sub_none"}}},
            "flow_data[subscription_cancel][subscription]",
        ),
    ],
)
def test_a_portal_of_nobody_or_with_what_is_not_played_is_refused(sandbox: Sandbox, changes: dict[str, Any], param: str) -> None:
    made = sandbox.api.customers.create({"email": "mira@fjord.example"})

    with pytest.raises(stripe.InvalidRequestError) as refused:
        portal(sandbox, **({"customer": made.id} | changes))
    with pytest.raises(stripe.InvalidRequestError, match="Missing required param: customer"):
        sandbox.api.billing_portal.sessions.create({})

    assert refused.value.param == param
