"""A subscription is changed while it runs: another price, set off or not, the platform's part; and it begins with a trial."""

from typing import Any

import pytest
import stripe

from tests.tools.sandbox.conftest import Sandbox
from tests.tools.sandbox.test_subscriptions import current, ends, invoices, kinds, opened, renew, subscribed


def price_of(made: Any, amount: int) -> dict[str, Any]:
    item = made["items"].data[0]
    return {
        "id": item.id,
        "price_data": {"currency": "eur", "product": item.price.product, "recurring": {"interval": "month"}, "unit_amount": amount},
    }


def test_another_price_counts_from_the_next_period(sandbox: Sandbox) -> None:
    made = subscribed(sandbox)

    changed = sandbox.api.subscriptions.update(made.id, {"items": [price_of(made, 5900)], "proration_behavior": "none"})
    renew(sandbox, made)

    assert changed["items"].data[0].price.unit_amount == 5900
    assert invoices(sandbox, made)[1:] == [("subscription_cycle", "paid", 5900)]


def test_another_price_is_set_off_on_the_next_invoice_or_at_once(sandbox: Sandbox) -> None:
    later, now = subscribed(sandbox), subscribed(sandbox)
    middle = (ends(later) - later["items"].data[0].current_period_start) // 2
    sandbox.control("/clock/advance", seconds=middle)

    sandbox.api.subscriptions.update(later.id, {"items": [price_of(later, 9900)]})
    sandbox.api.subscriptions.update(now.id, {"items": [price_of(now, 9900)], "proration_behavior": "always_invoice"})

    assert invoices(sandbox, later) == [("subscription_create", "paid", 4900)]
    (_, (reason, status, total)) = invoices(sandbox, now)
    assert (reason, status) == ("subscription_update", "paid")
    assert abs(total - 2500) <= 1
    renew(sandbox, later)
    (_, (reason, status, total)) = invoices(sandbox, later)
    assert (reason, status) == ("subscription_cycle", "paid")
    assert abs(total - 12400) <= 1
    lines = current(sandbox, later.id).latest_invoice.lines.data
    assert [entry.description[:6] for entry in lines] == ["Unused", "Remain", "1 × Po"]
    assert [entry.parent.subscription_item_details.proration for entry in lines] == [True, True, False]


def test_what_is_left_of_a_dearer_period_is_to_the_customers_credit(sandbox: Sandbox) -> None:
    made = subscribed(sandbox)
    sandbox.control("/clock/advance", days=1)

    sandbox.api.subscriptions.update(made.id, {"items": [price_of(made, 900)], "proration_behavior": "always_invoice"})

    changed = current(sandbox, made.id)
    credit = sandbox.api.customers.retrieve(made.customer).balance
    assert (changed.latest_invoice.status, changed.latest_invoice.amount_due, changed.latest_invoice.total) == ("paid", 0, credit)
    assert credit < -3000
    renew(sandbox, made)
    assert current(sandbox, made.id).latest_invoice.starting_balance == credit
    assert sandbox.api.customers.retrieve(made.customer).balance == credit + 900


def test_a_trial_costs_nothing_is_told_of_before_its_end_and_is_charged_after(sandbox: Sandbox) -> None:
    made = subscribed(sandbox, subscription_data={"trial_period_days": 14})
    assert (made.status, ends(made), made.latest_invoice.status) == ("trialing", made.trial_end, "paid")
    assert (made.latest_invoice.total, made.latest_invoice.lines.data[0].description) == (0, "Trial period for Postgres HA")

    sandbox.control("/clock/advance", days=11)
    assert kinds(sandbox)[-1] == "customer.subscription.trial_will_end"
    renew(sandbox, made)

    assert current(sandbox, made.id).status == "active"
    assert invoices(sandbox, made)[1:] == [("subscription_cycle", "paid", 4900)]


def test_a_trial_without_a_card_ends_or_is_asked_for(sandbox: Sandbox) -> None:
    made = {}
    for ending in ("cancel", "create_invoice"):
        data = {"trial_period_days": 3, "trial_settings": {"end_behavior": {"missing_payment_method": ending}}}
        session = opened(sandbox, subscription_data=data, payment_method_collection="if_required")
        sandbox.control(f"/sessions/{session.id}/pay-nothing")
        paid = sandbox.api.checkout.sessions.retrieve(session.id)
        assert paid.payment_status == "no_payment_required"
        made[ending] = current(sandbox, paid.subscription)
        assert made[ending].default_payment_method is None

    renew(sandbox, made["create_invoice"])

    assert [current(sandbox, one.id).status for one in made.values()] == ["canceled", "past_due"]


def test_a_platforms_part_is_changed_and_taken_away_for_later_invoices(sandbox: Sandbox) -> None:
    data = {"application_fee_percent": 10, "transfer_data": {"destination": sandbox.seller()}}
    made = subscribed(sandbox, subscription_data=data)

    changed = sandbox.api.subscriptions.update(made.id, {"application_fee_percent": 12.5})
    assert changed.application_fee_percent == 12.5
    assert sandbox.api.subscriptions.update(made.id, {"application_fee_percent": ""}).application_fee_percent is None
    renew(sandbox, made)

    later = current(sandbox, made.id).latest_invoice
    intent = sandbox.api.payment_intents.retrieve(later.payments.data[0].payment.payment_intent)
    assert (later.status, intent.application_fee_amount) == ("paid", None)


def test_another_receiver_gets_the_money_of_later_periods_and_owes_their_tax(sandbox: Sandbox) -> None:
    first, second = sandbox.seller(), sandbox.seller(country="US")
    made = subscribed(sandbox, subscription_data={"transfer_data": {"destination": first}})
    liability = {"type": "account", "account": second}
    tax = {"enabled": False, "liability": liability}

    changed = sandbox.api.subscriptions.update(
        made.id, {"transfer_data": {"destination": second}, "on_behalf_of": second, "automatic_tax": tax}
    )
    renew(sandbox, made)

    assert (changed.transfer_data.destination, changed.on_behalf_of, changed.automatic_tax.liability.account) == (second,) * 3
    assert [len(sandbox.api.transfers.list({"destination": one}).data) for one in (first, second)] == [1, 1]
    back = sandbox.api.subscriptions.update(made.id, {"transfer_data": {"destination": first}, "on_behalf_of": ""})
    assert (back.transfer_data.destination, back.on_behalf_of) == (first, None)


def test_nothing_is_charged_for_a_receiver_who_has_left(sandbox: Sandbox) -> None:
    seller = sandbox.seller()
    made = subscribed(sandbox, subscription_data={"transfer_data": {"destination": seller}})
    sandbox.control(f"/accounts/{seller}/leave")

    renew(sandbox, made)

    unpaid = current(sandbox, made.id)
    invoice = unpaid.latest_invoice
    assert (unpaid.status, invoice.status, invoice.attempt_count) == ("past_due", "open", 1)
    assert len(sandbox.api.charges.list().data) == 1
    assert kinds(sandbox)[-2:] == ["invoice.payment_failed", "customer.subscription.updated"]
    for act, param in (
        (lambda: sandbox.api.invoices.pay(invoice.id), "transfer_data[destination]"),
        (lambda: sandbox.api.subscriptions.update(made.id, {"transfer_data": {"destination": seller}}), "transfer_data[destination]"),
    ):
        with pytest.raises(stripe.InvalidRequestError, match="No such destination") as caught:
            act()
        assert caught.value.param == param
    page = sandbox.http.post(f"/i/{invoice.id}", data={"card": "4242424242424242"})
    assert (page.status_code, "its seller has left" in page.text) == (422, True)
