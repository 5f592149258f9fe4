"""A dearer price counts from now on once its difference is paid: previewed to the cent, refused, given up, and by itself at its end."""

from typing import Any

import pytest
import stripe

from tests.tools.sandbox.conftest import Sandbox
from tests.tools.sandbox.test_subscription_changes import price_of
from tests.tools.sandbox.test_subscription_refusals import refused
from tests.tools.sandbox.test_subscriptions import current, ends, invoices, kinds, renew, subscribed


def change(sandbox: Sandbox, made: Any, amount: int = 9900, **more: Any) -> dict[str, Any]:
    item = made["items"].data[0]
    data = {"currency": "eur", "unit_amount": amount, "product": item.price.product, "recurring": {"interval": "month"}}
    price = sandbox.api.prices.create(data)
    return {
        "items": [{"id": item.id, "price": price.id}],
        "proration_behavior": "always_invoice",
        "payment_behavior": "pending_if_incomplete",
        **more,
    }


def preview(sandbox: Sandbox, made: Any, amount: int = 9900, **more: Any) -> Any:
    details = {"items": [price_of(made, amount)], "proration_behavior": "always_invoice", **more}
    return sandbox.api.invoices.create_preview({"subscription": made.id, "subscription_details": details})


def refuse_cards(sandbox: Sandbox, made: Any, last4: str) -> None:
    sandbox.control(f"/customers/{made.customer}/card", last4=last4)


def test_what_is_charged_is_what_was_previewed_however_much_later(sandbox: Sandbox) -> None:
    seller = sandbox.seller()
    data = {"application_fee_percent": 10, "transfer_data": {"destination": seller}}
    made = subscribed(sandbox, subscription_data=data)
    sandbox.control("/clock/advance", days=11)
    moment = made.start_date + 11 * 86400
    before = (kinds(sandbox), sandbox.api.prices.list().data, invoices(sandbox, made))

    shown = preview(sandbox, made, proration_date=moment)

    assert (kinds(sandbox), sandbox.api.prices.list().data, invoices(sandbox, made)) == before
    assert (shown.id[:12], shown.status, shown.billing_reason) == ("upcoming_in_", "draft", "subscription_update")
    sandbox.control("/clock/advance", seconds=3000)
    changed = sandbox.api.subscriptions.update(made.id, change(sandbox, made, proration_date=moment))
    assert (changed.pending_update, changed["items"].data[0].price.unit_amount, ends(changed)) == (None, 9900, ends(made))
    paid = current(sandbox, made.id).latest_invoice
    assert (paid.status, paid.amount_paid, paid.billing_reason) == ("paid", shown.amount_due, "subscription_update")
    assert [(line.amount, line.period.start, line.period.end) for line in paid.lines.data] == [
        (line.amount, moment, ends(made)) for line in shown.lines.data
    ]
    intent = sandbox.api.payment_intents.retrieve(paid.payments.data[0].payment.payment_intent, {"expand": ["latest_charge"]})
    assert (intent.application_fee_amount, intent.transfer_data.destination) == (
        round(shown.amount_due / 10),
        seller,
    )
    entry = sandbox.api.balance_transactions.retrieve(intent.latest_charge.balance_transaction)
    assert (entry.type, entry.amount) == ("charge", shown.amount_due)
    renew(sandbox, made)
    assert invoices(sandbox, made)[2:] == [("subscription_cycle", "paid", 9900)]


@pytest.mark.parametrize(("last4", "status"), [("0341", "requires_payment_method"), ("3184", "requires_action")])
def test_nothing_changes_until_the_difference_is_paid(sandbox: Sandbox, last4: str, status: str) -> None:
    made = subscribed(sandbox)
    refuse_cards(sandbox, made, last4)

    changed = sandbox.api.subscriptions.update(made.id, change(sandbox, made))

    invoice = current(sandbox, made.id).latest_invoice
    assert (changed.status, changed["items"].data[0].price.unit_amount, invoice.status) == ("active", 4900, "open")
    assert changed.pending_update.subscription_items[0].price.unit_amount == 9900
    assert changed.pending_update.expires_at - invoice.created == 23 * 3600
    intent = sandbox.api.payment_intents.retrieve(invoice.payments.data[0].payment.payment_intent)
    assert intent.status == status
    assert refused(sandbox.api.subscriptions.update, made.id, change(sandbox, made))[0] == "payment_behavior"
    answer = sandbox.http.post(f"/i/{invoice.id}", data={"card": "4242424242424242"}, follow_redirects=True)
    assert answer.status_code == 200
    paid = current(sandbox, made.id)
    assert (paid["items"].data[0].price.unit_amount, paid.pending_update, paid.latest_invoice.status) == (9900, None, "paid")
    assert kinds(sandbox)[-1] == "customer.subscription.pending_update_applied"


def test_a_change_that_was_not_paid_is_given_up_with_its_invoice_by_hand_in_time_and_at_the_end(sandbox: Sandbox) -> None:
    voided, late, ended = (subscribed(sandbox) for _ in range(3))
    for made in (voided, late, ended):
        refuse_cards(sandbox, made, "0341")
        sandbox.api.subscriptions.update(made.id, change(sandbox, made))

    sandbox.api.invoices.void_invoice(current(sandbox, voided.id).latest_invoice.id)
    sandbox.api.subscriptions.cancel(ended.id)
    assert kinds(sandbox).count("customer.subscription.pending_update_expired") == 0
    sandbox.control("/clock/advance", seconds=23 * 3600)

    assert kinds(sandbox).count("customer.subscription.pending_update_expired") == 1
    for made, status in ((voided, "active"), (late, "active"), (ended, "canceled")):
        found = current(sandbox, made.id)
        assert (found.status, found.pending_update, found["items"].data[0].price.unit_amount) == (status, None, 4900)
        assert invoices(sandbox, made)[1][:2] == ("subscription_update", "void")
    refuse_cards(sandbox, voided, "4242")
    renew(sandbox, voided)
    assert invoices(sandbox, voided)[2:] == [("subscription_cycle", "paid", 4900)]


def test_what_no_pending_update_holds_and_what_is_not_played_is_refused_by_name(sandbox: Sandbox) -> None:
    made = subscribed(sandbox)
    wanted = change(sandbox, made)
    before = current(sandbox, made.id)
    expected = {
        "application_fee_percent": wanted | {"application_fee_percent": 5},
        "items[0][price_data]": wanted | {"items": [price_of(made, 9900)]},
        "proration_behavior": wanted | {"proration_behavior": "create_prorations"},
        "proration_date": wanted | {"proration_date": made.start_date - 60},
    }
    for param, changes in expected.items():
        assert refused(sandbox.api.subscriptions.update, made.id, changes)[0] == param
    assert current(sandbox, made.id).to_dict() == before.to_dict()

    assert refused(lambda: preview(sandbox, made, proration_date=1))[0] == "proration_date"
    assert refused(lambda: preview(sandbox, made, trial_end="now"))[0] == "subscription_details[trial_end]"
    assert refused(sandbox.api.invoices.create_preview, {"customer": made.customer})[0] == "customer"
    assert refused(sandbox.api.invoices.create_preview, {"subscription": made.id})[0] == "subscription_details"
    sandbox.api.subscriptions.cancel(made.id)
    assert "canceled" in refused(lambda: preview(sandbox, made))[1]
    with pytest.raises(stripe.InvalidRequestError, match="canceled"):
        sandbox.api.subscriptions.update(made.id, wanted)
