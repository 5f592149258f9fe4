"""Invoices of subscriptions: one for each paid period, with its tax and whoever Stripe says the buyer is; credited with what goes back."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.people.models import User
from billing.checkout.opening import open_checkout
from billing.checkout.placing import place_order
from billing.invoices.models import Document
from billing.ledger.models import LedgerEntry
from billing.orders.models import Order
from billing.payments.reconcile import reconcile_order
from billing.payments.refunding import continue_refund
from billing.refunds.services import request_refund
from billing.renewals.reconcile import reconcile_subscription
from billing.subscriptions.models import Subscription
from marketplace.products.models import Product
from tests.billing.renewals.test_subscriptions import first, monthly, renew, sandbox_process, subscription
from tests.support.sandbox import Sandbox

__all__ = ["first", "monthly", "sandbox_process", "subscription"]
pytestmark = pytest.mark.django_db(transaction=True)


def renewed(sandbox: Sandbox, subscription: Subscription) -> Order:
    """Have another period paid, and return its order."""
    known = set(subscription.orders.values_list("pk", flat=True))
    now = renew(sandbox, subscription)
    reconcile_subscription(subscription_id=subscription.pk, now=now)
    return subscription.orders.exclude(pk__in=known).get()


def test_each_paid_period_has_an_invoice_and_each_refund_of_one_its_credit_note(
    first: Order, subscription: Subscription, sandbox: Sandbox, buyer: User
) -> None:
    second = renewed(sandbox, subscription)
    for _ in range(2):  # hearing of it again documents nothing twice
        reconcile_subscription(subscription_id=subscription.pk)

    refund = request_refund(order=second, amount=None, reason="It did not run.", actor=buyer)
    continue_refund(refund_id=refund.pk)

    made = Document.objects.order_by("serial").values_list("order", "key", "amount", "serial")
    assert [(row[0], row[2], row[3]) for row in made] == [(first.pk, 1900, 1), (second.pk, 1900, 2), (second.pk, -1900, 3)]
    assert [row[1] for row in made[:2]] == [f"invoice:{first.pk}", f"invoice:{second.pk}"]
    assert (second.refund_days, second.unpulled_refund_days, first.unpulled_refund_days) == (first.refund_days, 0, 14)
    assert second.sold_page_id == first.sold_page_id


def test_each_invoice_says_the_tax_of_its_period_and_who_pays_it(
    monthly: Product, buyer: User, sandbox: Sandbox, settings: Any, holds: Callable[[User], list[str]]
) -> None:
    settings.LAYERSTORE_STRIPE_TAX = True
    order = place_order(product=monthly, user=buyer)
    open_checkout(order=order)
    order.refresh_from_db()
    who = {"name": "Kontor Nord", "country": "SE", "line1": "Storgatan 1", "city": "Lund"}
    sandbox.control(f"/sessions/{order.checkout_session_id}/buyer", **who)
    sandbox.press(order)
    first = reconcile_order(order_id=order.pk)
    subscription = Subscription.objects.get()

    second = renewed(sandbox, subscription)

    assert (first.flag, second.flag, len(holds(buyer))) == ("", "", 1)
    line = {"name": "VAT", "percent": "25.0", "country": "SE", "amount": 380}
    assert [(one.amount, one.tax_amount, one.tax_lines) for one in (first, second)] == [(1900, 380, [line])] * 2
    for invoice in Document.objects.all():
        assert (invoice.amount, invoice.tax_amount, invoice.content["taxes"]) == (1900, 380, [line | {"reason": "standard_rated"}])
        assert (invoice.content["buyer"]["name"], invoice.content["buyer"]["address"]) == ("Kontor Nord", ["Storgatan 1", "Lund", "SE"])
    assert Document.objects.count() == 2
    assert sum(LedgerEntry.objects.values_list("amount", flat=True)) == 0
