"""Coupons: an amount off a subscription, for its first invoice, for those of some months, or for every one."""

from typing import Any

import pytest
import stripe

from tests.tools.sandbox.conftest import Sandbox
from tests.tools.sandbox.test_subscriptions import current, invoices, line, opened, params, renew, subscribed

OFF = {"amount_off": 1000, "currency": "eur", "duration": "once"}


def coupon(sandbox: Sandbox, **changes: Any) -> Any:
    return sandbox.api.coupons.create(OFF | changes)


def reduced(sandbox: Sandbox, **changes: Any) -> Any:
    """A subscription at 49.00 a month that was just paid, less a coupon."""
    return subscribed(sandbox, discounts=[{"coupon": coupon(sandbox, **changes).id}])


def totals(sandbox: Sandbox, subscription: Any) -> list[int]:
    return [total for _, _, total in invoices(sandbox, subscription)]


def test_a_coupon_reduces_the_session_and_the_first_invoice(sandbox: Sandbox) -> None:
    made = coupon(sandbox, id="SPRING-1", name="SPRING")
    assert (made.id, made.name, made.amount_off, made.currency, made.duration) == ("SPRING-1", "SPRING", 1000, "eur", "once")
    assert (made.percent_off, made.duration_in_months, made.times_redeemed, made.valid) == (None, None, 0, True)

    seller = sandbox.seller()
    data = {"application_fee_percent": 10, "transfer_data": {"destination": seller}}
    session = opened(sandbox, discounts=[{"coupon": made.id}], subscription_data=data)
    assert (session.amount_subtotal, session.amount_total, session.total_details.amount_discount) == (4900, 3900, 1000)
    assert [(one.coupon, one.promotion_code) for one in session.discounts] == [("SPRING-1", None)]
    assert "−€10.00" in sandbox.http.get(f"/c/pay/{session.id}").text
    sandbox.control(f"/sessions/{session.id}/pay")

    begun = current(sandbox, sandbox.api.checkout.sessions.retrieve(session.id).subscription)
    invoice = begun.latest_invoice
    assert (invoice.subtotal, invoice.total, invoice.amount_paid) == (4900, 3900, 3900)
    assert [(taken.amount, taken.discount) for taken in invoice.total_discount_amounts] == [(1000, invoice.discounts[0])]
    assert [taken.amount for taken in invoice.lines.data[0].discount_amounts] == [1000]
    intent = sandbox.api.payment_intents.retrieve(invoice.payments.data[0].payment.payment_intent)
    assert (intent.amount, intent.application_fee_amount) == (3900, 390)  # the percentage is of what is paid
    assert begun.discounts == []  # it is used up
    assert sandbox.api.coupons.retrieve("SPRING-1").times_redeemed == 1
    renew(sandbox, begun)
    assert totals(sandbox, begun) == [3900, 4900]


def test_a_coupon_of_some_months_ends_with_them(sandbox: Sandbox) -> None:
    begun = reduced(sandbox, duration="repeating", duration_in_months=2)
    assert len(begun.discounts) == 1
    for _ in range(3):
        renew(sandbox, current(sandbox, begun.id))
    assert totals(sandbox, begun) == [3900, 3900, 4900, 4900]
    assert current(sandbox, begun.id).discounts == []


def test_a_coupon_for_good_counts_until_another_takes_its_place_or_none(sandbox: Sandbox) -> None:
    begun = reduced(sandbox, duration="forever")
    renew(sandbox, begun)
    sandbox.api.subscriptions.update(begun.id, {"discounts": [{"coupon": coupon(sandbox, amount_off=2000, duration="forever").id}]})
    renew(sandbox, current(sandbox, begun.id))
    sandbox.api.subscriptions.update(begun.id, {"discounts": ""})
    renew(sandbox, current(sandbox, begun.id))
    assert totals(sandbox, begun) == [3900, 3900, 2900, 4900]


def test_what_a_change_in_the_middle_of_a_period_comes_to_is_not_reduced(sandbox: Sandbox) -> None:
    begun = reduced(sandbox, duration="forever")
    item = begun["items"].data[0]
    price = {"currency": "eur", "unit_amount": 9900, "product": item.price.product, "recurring": {"interval": "month"}}
    changes = {"items": [{"id": item.id, "price_data": price}], "proration_behavior": "always_invoice"}
    sandbox.api.subscriptions.update(begun.id, changes)
    assert current(sandbox, begun.id).latest_invoice.total_discount_amounts == []
    renew(sandbox, current(sandbox, begun.id))
    assert totals(sandbox, begun)[-1] == 8900


def test_what_is_taken_off_is_not_taxed(sandbox: Sandbox) -> None:
    made = coupon(sandbox)
    session = opened(sandbox, discounts=[{"coupon": made.id}], line_items=line(tax_behavior="inclusive"), automatic_tax={"enabled": True})
    sandbox.control(f"/sessions/{session.id}/pay", country="DE")
    paid = sandbox.api.checkout.sessions.retrieve(session.id, {"expand": ["invoice"]})
    assert (paid.amount_total, paid.total_details.amount_tax) == (3900, 623)  # 19 of 119
    assert (paid.invoice.total, paid.invoice.total_excluding_tax, paid.invoice.subtotal_excluding_tax) == (3900, 3277, 4277)


@pytest.mark.parametrize(
    ("wanted", "param", "message"),
    [
        pytest.param({"percent_off": "20"}, "percent_off", "The sandbox does not play percent_off.", id="percent"),
        pytest.param({"amount_off": None}, "amount_off", "Must provide percent_off or amount_off.", id="nothing"),
        pytest.param({"currency": None}, "currency", "You must pass currency when passing amount_off", id="no currency"),
        pytest.param({"amount_off": 0}, "amount_off", "Invalid positive integer", id="not above nothing"),
        pytest.param(
            {"duration": "repeating"},
            "duration_in_months",
            "You must pass duration_in_months when passing duration=repeating, and only then.",
            id="no months",
        ),
        pytest.param({"name": "X" * 41}, "name", "Invalid string: must be at most 40 characters", id="long name"),
    ],
)
def test_a_coupon_that_stripe_or_the_sandbox_does_not_take_is_refused(
    sandbox: Sandbox, wanted: dict[str, Any], param: str, message: str
) -> None:
    values = {name: value for name, value in (OFF | wanted).items() if value is not None}
    with pytest.raises(stripe.InvalidRequestError) as caught:
        sandbox.api.coupons.create(values)
    assert (caught.value.param, str(caught.value.user_message)) == (param, message)
    assert sandbox.api.coupons.list().data == []


def test_an_id_is_taken_once(sandbox: Sandbox) -> None:
    coupon(sandbox, id="X")
    with pytest.raises(stripe.InvalidRequestError) as caught:
        coupon(sandbox, id="X", amount_off=1)
    assert caught.value.code == "resource_already_exists"
    assert sandbox.api.coupons.retrieve("X").amount_off == 1000


def test_a_session_takes_one_coupon_in_its_currency(sandbox: Sandbox) -> None:
    here, there = coupon(sandbox), coupon(sandbox, currency="usd")
    for discounts, param in (
        ([{"coupon": here.id}, {"coupon": here.id}], "discounts"),
        ([{"coupon": there.id}], "discounts[0][coupon]"),
        ([{"coupon": "nobodys"}], "discounts[0][coupon]"),
        ([{"promotion_code": "promo_1"}], "discounts[0][promotion_code]"),
    ):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            sandbox.api.checkout.sessions.create(params(discounts=discounts))
        assert caught.value.param == param
    assert sandbox.api.checkout.sessions.list().data == []
