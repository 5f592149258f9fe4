"""Subscriptions as the shop has them: begun in Checkout, renewed by the test clock, refused, paid late, changed and ended."""

from typing import Any

import pytest
import stripe

from tests.tools.sandbox.conftest import Sandbox
from tests.tools.sandbox.receiver import session_params

DAY = 86400


def line(amount: int = 4900, interval: str = "month", **changes: Any) -> list[dict[str, Any]]:
    data = {"currency": "eur", "unit_amount": amount, "product_data": {"name": "Postgres HA"}, "recurring": {"interval": interval}}
    return [{"quantity": 1, "price_data": data | changes}]


def params(**changes: Any) -> dict[str, Any]:
    return session_params(**({"mode": "subscription", "line_items": line()} | changes))


def opened(sandbox: Sandbox, **changes: Any) -> Any:
    return sandbox.api.checkout.sessions.create(params(**changes))


def subscribed(sandbox: Sandbox, last4: str = "4242", **changes: Any) -> Any:
    """A subscription that was just paid, later by this card."""
    session = opened(sandbox, **changes)
    sandbox.control(f"/sessions/{session.id}/pay")
    subscription = current(sandbox, sandbox.api.checkout.sessions.retrieve(session.id).subscription)
    if last4 != "4242":
        sandbox.control(f"/customers/{subscription.customer}/card", last4=last4)
    return current(sandbox, subscription.id)


def current(sandbox: Sandbox, key: str) -> Any:
    return sandbox.api.subscriptions.retrieve(key, {"expand": ["latest_invoice.payments"]})


def ends(subscription: Any) -> int:
    return int(subscription["items"].data[0].current_period_end)


def invoices(sandbox: Sandbox, subscription: Any) -> list[tuple[str, str, int]]:
    """Reason, state and total of each, oldest first."""
    listed = sandbox.api.invoices.list({"subscription": subscription.id}).data
    return [(one.billing_reason, one.status, one.total) for one in listed][::-1]


def kinds(sandbox: Sandbox, since: int = 0) -> list[str]:
    """Types of events in the order in which they happened, without those of accounts and balances."""
    listed = [event.type for event in sandbox.api.events.list({"limit": 100}).data][::-1][since:]
    return [kind for kind in listed if kind.split(".")[0] not in {"account", "application_fee", "payout", "product", "transfer"}]


def renew(sandbox: Sandbox, subscription: Any, **more: int) -> None:
    """Set the clock to an hour and a minute after the period's end: the draft is charged an hour after it was made, while seconds pass."""
    now = sandbox.http.get("/sandbox/api/clock").json()["now"]
    sandbox.control("/clock/advance", seconds=ends(subscription) - now + 3660, **more)


def test_a_subscription_begins_with_its_first_payment(sandbox: Sandbox) -> None:
    seller = sandbox.seller()
    data = {"application_fee_percent": 10, "transfer_data": {"destination": seller}, "metadata": {"plan": "pro"}}

    session = opened(sandbox, subscription_data=data)
    assert (session.mode, session.status, session.subscription, session.customer) == ("subscription", "open", None, None)
    assert session.payment_method_types == ["card", "sepa_debit"]
    assert opened(sandbox, allowed_payment_method_types=["card"]).payment_method_types == ["card"]
    sandbox.control(f"/sessions/{session.id}/pay")

    paid = sandbox.api.checkout.sessions.retrieve(session.id, {"expand": ["subscription", "invoice", "customer"]})
    assert (paid.status, paid.payment_status, paid.payment_intent) == ("complete", "paid", None)
    made = current(sandbox, paid.subscription.id)
    assert (made.status, made.metadata["plan"], made.application_fee_percent) == ("active", "pro", 10.0)
    assert (made.transfer_data.destination, made.cancel_at_period_end, paid.customer.email) == (seller, False, "mira@fjord.example")
    assert 28 * DAY <= ends(made) - made.start_date <= 31 * DAY
    invoice = made.latest_invoice
    assert (invoice.id, invoice.status, invoice.billing_reason) == (paid.invoice.id, "paid", "subscription_create")
    assert (invoice.total, invoice.amount_paid, invoice.parent.subscription_details.subscription) == (4900, 4900, made.id)
    assert [entry.description for entry in invoice.lines.data] == ["1 × Postgres HA (at €49.00 / month)"]
    assert invoice.lines.data[0].parent.subscription_item_details.subscription_item == made["items"].data[0].id
    intent = sandbox.api.payment_intents.retrieve(invoice.payments.data[0].payment.payment_intent, {"expand": ["latest_charge"]})
    assert (intent.status, intent.customer, intent.application_fee_amount) == ("succeeded", made.customer, 490)
    assert (intent.latest_charge.transfer_data.destination, intent.latest_charge.amount) == (seller, 4900)
    assert sandbox.api.payment_methods.retrieve(made.default_payment_method).card.last4 == "4242"
    assert kinds(sandbox) == [
        "customer.created",
        "customer.subscription.created",
        "invoice.created",
        "payment_intent.created",
        "invoice.finalized",
        "payment_method.attached",
        "charge.succeeded",
        "payment_intent.succeeded",
        "invoice_payment.paid",
        "invoice.paid",
        "invoice.payment_succeeded",
        "customer.subscription.updated",
        "checkout.session.completed",
    ]


def test_the_payment_of_an_invoice_is_found_by_its_intent(sandbox: Sandbox) -> None:
    made = subscribed(sandbox)
    intent = made.latest_invoice.payments.data[0].payment.payment_intent

    listed = sandbox.api.invoice_payments.list({"payment": {"type": "payment_intent", "payment_intent": intent}}).data

    assert [(one.invoice, one.status, one.amount_paid) for one in listed] == [(made.latest_invoice.id, "paid", 4900)]


def test_a_period_is_renewed_an_hour_after_the_last_one_has_ended(sandbox: Sandbox) -> None:
    made = subscribed(sandbox)
    told = len(sandbox.api.events.list({"limit": 100}).data)
    now = sandbox.http.get("/sandbox/api/clock").json()["now"]

    sandbox.control("/clock/advance", seconds=ends(made) - now)
    draft = current(sandbox, made.id)
    assert (draft.status, draft.latest_invoice.status, draft.latest_invoice.number) == ("active", "draft", None)
    assert draft["items"].data[0].current_period_start == ends(made)
    sandbox.control("/clock/advance", seconds=3600)

    renewed = current(sandbox, made.id)
    assert (renewed.latest_invoice.status, ends(renewed)) == ("paid", ends(draft))
    assert invoices(sandbox, made) == [("subscription_create", "paid", 4900), ("subscription_cycle", "paid", 4900)]
    assert renewed.latest_invoice.number.endswith("-0002")
    assert kinds(sandbox, told) == [
        "invoice.created",
        "customer.subscription.updated",
        "payment_intent.created",
        "invoice.finalized",
        "charge.succeeded",
        "payment_intent.succeeded",
        "invoice_payment.paid",
        "invoice.paid",
        "invoice.payment_succeeded",
    ]


def test_a_year_goes_by_month_for_month(sandbox: Sandbox) -> None:
    made = subscribed(sandbox)

    sandbox.control("/clock/advance", days=366)

    assert invoices(sandbox, made)[1:] == [("subscription_cycle", "paid", 4900)] * 9  # the list's page holds ten
    assert sandbox.api.invoices.list({"subscription": made.id, "limit": 100}).data[-1].billing_reason == "subscription_create"
    assert len(sandbox.api.invoices.list({"subscription": made.id, "limit": 100}).data) == 13


@pytest.mark.parametrize(("after", "status"), [("cancel", "canceled"), ("unpaid", "unpaid"), ("past_due", "past_due")])
def test_a_card_that_is_refused_is_tried_four_times_more(sandbox: Sandbox, after: str, status: str) -> None:
    sandbox.control("/billing", after_retries=after)
    made = subscribed(sandbox, "0341")
    renew(sandbox, made)
    first = current(sandbox, made.id)
    assert (first.status, first.latest_invoice.status, first.latest_invoice.attempt_count) == ("past_due", "open", 1)
    assert first.latest_invoice.next_payment_attempt == sandbox.api.charges.list().data[0].created + DAY

    sandbox.control("/clock/advance", days=14)

    last = current(sandbox, made.id)
    assert (last.status, last.latest_invoice.status, last.latest_invoice.attempt_count) == (status, "open", 5)
    assert (last.latest_invoice.next_payment_attempt, last.latest_invoice.auto_advance) == (None, False)
    assert kinds(sandbox).count("invoice.payment_failed") == 5
    last_told = {"cancel": "customer.subscription.deleted", "unpaid": "customer.subscription.updated", "past_due": "invoice.payment_failed"}
    assert kinds(sandbox)[-1] == last_told[after]
    if after == "cancel":
        assert (last.cancellation_details.reason, last.ended_at is not None) == ("payment_failed", True)
        assert [one.id for one in sandbox.api.subscriptions.list({"customer": made.customer}).data] == []
        assert [one.id for one in sandbox.api.subscriptions.list({"status": "all"}).data] == [made.id]
        assert [one.id for one in sandbox.api.subscriptions.list({"status": "ended"}).data] == [made.id]


def test_an_unpaid_subscription_gets_drafts_only_and_is_active_once_the_last_one_is_paid(sandbox: Sandbox) -> None:
    sandbox.control("/billing", after_retries="unpaid")
    made = subscribed(sandbox, "0341")
    renew(sandbox, made)
    sandbox.control("/clock/advance", days=40)
    unpaid = current(sandbox, made.id)
    assert (unpaid.status, unpaid.latest_invoice.status, unpaid.latest_invoice.auto_advance) == ("unpaid", "draft", False)

    sandbox.control(f"/customers/{made.customer}/card")
    sandbox.api.invoices.pay(sandbox.api.invoices.list({"subscription": made.id, "status": "open"}).data[0].id)

    assert current(sandbox, made.id).status == "unpaid"  # a later one waits


def test_a_new_card_pays_at_the_next_attempt_or_at_once(sandbox: Sandbox) -> None:
    by_table, by_hand = subscribed(sandbox, "0341"), subscribed(sandbox, "9995")
    renew(sandbox, by_hand)
    assert [current(sandbox, one.id).status for one in (by_table, by_hand)] == ["past_due", "past_due"]

    with pytest.raises(stripe.CardError) as refused:
        sandbox.api.invoices.pay(current(sandbox, by_hand.id).latest_invoice.id)
    assert (refused.value.code, refused.value.http_status) == ("card_declined", 402)
    assert refused.value.error is not None
    assert refused.value.error.decline_code == "insufficient_funds"
    for one in (by_table, by_hand):
        sandbox.control(f"/customers/{one.customer}/card")
    paid = sandbox.api.invoices.pay(current(sandbox, by_hand.id).latest_invoice.id)
    sandbox.control("/clock/advance", days=1)

    assert (paid.status, paid.attempt_count) == ("paid", 1)  # what is tried by hand does not count
    assert [current(sandbox, one.id).status for one in (by_table, by_hand)] == ["active", "active"]
    with pytest.raises(stripe.InvalidRequestError, match="already paid"):
        sandbox.api.invoices.pay(paid.id)


def test_a_card_that_asks_its_holder_is_refused_while_they_are_away(sandbox: Sandbox) -> None:
    made = subscribed(sandbox, "3184")
    renew(sandbox, made)
    overdue = current(sandbox, made.id)
    intent = sandbox.api.payment_intents.retrieve(overdue.latest_invoice.payments.data[0].payment.payment_intent)
    assert (overdue.status, intent.last_payment_error.code) == ("past_due", "authentication_required")
    assert "invoice.payment_action_required" in kinds(sandbox)

    sandbox.api.invoices.pay(overdue.latest_invoice.id, {"off_session": False})

    assert current(sandbox, made.id).status == "active"


def test_a_declined_first_payment_leaves_it_incomplete_until_another_card_pays(sandbox: Sandbox) -> None:
    session = opened(sandbox)
    sandbox.control(f"/sessions/{session.id}/decline")
    [begun] = sandbox.api.subscriptions.list({"status": "incomplete"}).data
    assert (begun.status, begun.default_payment_method) == ("incomplete", None)
    assert sandbox.api.checkout.sessions.retrieve(session.id).status == "open"

    sandbox.control(f"/sessions/{session.id}/pay")

    paid = current(sandbox, begun.id)
    assert (paid.status, paid.latest_invoice.status) == ("active", "paid")
    assert "invoice.payment_failed" in kinds(sandbox)


def test_what_was_begun_and_not_paid_expires_with_its_session_or_after_a_day(sandbox: Sandbox) -> None:
    for session in (opened(sandbox), opened(sandbox)):
        sandbox.control(f"/sessions/{session.id}/decline")
    later, sooner = sandbox.api.subscriptions.list({"status": "incomplete"}).data
    sandbox.api.checkout.sessions.expire(session.id)
    assert [current(sandbox, one.id).status for one in (later, sooner)] == ["incomplete_expired", "incomplete"]

    sandbox.control("/clock/advance", days=1)

    assert [(current(sandbox, one.id).status, current(sandbox, one.id).latest_invoice.status) for one in (later, sooner)] == [
        ("incomplete_expired", "void"),
        ("incomplete_expired", "void"),
    ]


def test_it_ends_with_its_period_unless_that_is_taken_back(sandbox: Sandbox) -> None:
    goes, stays = subscribed(sandbox), subscribed(sandbox)
    asked = sandbox.api.subscriptions.update(goes.id, {"cancel_at_period_end": True, "cancellation_details": {"feedback": "unused"}})
    assert (asked.status, asked.cancel_at, asked.cancellation_details.feedback) == ("active", ends(goes), "unused")
    sandbox.api.subscriptions.update(stays.id, {"cancel_at_period_end": True})
    back = sandbox.api.subscriptions.update(stays.id, {"cancel_at_period_end": False})
    assert (back.cancel_at, back.canceled_at) == (None, None)

    renew(sandbox, goes)

    ended = current(sandbox, goes.id)
    assert (ended.status, ended.cancellation_details.reason) == ("canceled", "cancellation_requested")
    assert [len(invoices(sandbox, one)) for one in (goes, stays)] == [1, 2]
    with pytest.raises(stripe.InvalidRequestError, match="canceled subscription can only"):
        sandbox.api.subscriptions.update(goes.id, {"cancel_at_period_end": False})
    assert sandbox.api.subscriptions.update(goes.id, {"metadata": {"why": "price"}}).metadata["why"] == "price"


def test_it_is_ended_at_once_and_its_open_invoice_is_asked_for_no_more(sandbox: Sandbox) -> None:
    made = subscribed(sandbox, "0341")
    renew(sandbox, made)

    ended = sandbox.api.subscriptions.cancel(made.id)
    sandbox.control("/clock/advance", days=30)

    assert (ended.status, ended.ended_at is not None) == ("canceled", True)
    assert kinds(sandbox).count("invoice.payment_failed") == 1
    with pytest.raises(stripe.InvalidRequestError, match="No such subscription"):
        sandbox.api.subscriptions.cancel(made.id)
    for refused in ({"prorate": True}, {"invoice_now": True}):
        with pytest.raises(stripe.InvalidRequestError, match="does not play"):
            sandbox.api.subscriptions.cancel(made.id, refused)


def test_a_periods_payment_is_refunded_with_the_sellers_part_and_the_fee(sandbox: Sandbox) -> None:
    seller = sandbox.seller()
    data = {"application_fee_percent": 10, "transfer_data": {"destination": seller}}
    made = subscribed(sandbox, subscription_data=data)
    intent = made.latest_invoice.payments.data[0].payment.payment_intent

    sandbox.api.refunds.create({"payment_intent": intent, "reverse_transfer": True, "refund_application_fee": True})

    moved = sandbox.api.balance_transactions.list().data
    assert [(one.type, one.amount) for one in moved][::-1] == [
        ("charge", 4900),
        ("transfer", -4900),
        ("application_fee", 490),
        ("refund", -4900),
        ("transfer_refund", 4900),
        ("application_fee_refund", -490),
    ]
    refunded = current(sandbox, made.id)
    assert (refunded.status, refunded.latest_invoice.status) == ("active", "paid")


def test_an_invoice_is_given_up(sandbox: Sandbox) -> None:
    made, other = subscribed(sandbox, "0341"), subscribed(sandbox, "0341")
    renew(sandbox, other)

    voided = sandbox.api.invoices.void_invoice(current(sandbox, made.id).latest_invoice.id)
    lost = sandbox.api.invoices.mark_uncollectible(current(sandbox, other.id).latest_invoice.id)
    sandbox.control("/clock/advance", days=2)

    assert [(voided.status, voided.status_transitions.voided_at is not None), lost.status] == [("void", True), "uncollectible"]
    assert kinds(sandbox).count("invoice.payment_failed") == 2
    with pytest.raises(stripe.InvalidRequestError, match="Only open invoices"):
        sandbox.api.invoices.void_invoice(lost.id)


def test_more_of_the_same_and_nothing_to_pay(sandbox: Sandbox) -> None:
    free, made = subscribed(sandbox, line_items=line(amount=0)), subscribed(sandbox)
    assert (free.status, free.latest_invoice.status, free.latest_invoice.payments.data) == ("active", "paid", [])

    changes = {"items": [{"id": made["items"].data[0].id, "quantity": 2}], "proration_behavior": "none", "cancel_at_period_end": False}
    sandbox.api.subscriptions.update(made.id, changes)
    renew(sandbox, made)

    assert invoices(sandbox, made)[1:] == [("subscription_cycle", "paid", 9800)]


def test_a_direct_subscription_is_the_sellers_own(sandbox: Sandbox) -> None:
    seller = sandbox.seller()
    options = {"stripe_account": seller}
    session = sandbox.api.checkout.sessions.create(params(subscription_data={"application_fee_percent": 10}), options=options)

    sandbox.control(f"/sessions/{session.id}/pay")

    [made] = sandbox.api.subscriptions.list(options=options).data
    assert (made.status, sandbox.api.subscriptions.list().data) == ("active", [])
    assert [one.fee for one in sandbox.api.balance_transactions.list(options=options).data] == [99 + 490]
