"""Invoices of subscriptions: one for each paid period, with its tax and whoever Stripe says the buyer is; credited with what goes back."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.people.models import User
from accounts.sellers.models import SellerProfile
from billing.checkout.opening import open_checkout
from billing.checkout.placing import place_order
from billing.invoices.content import content_of
from billing.invoices.models import Document
from billing.ledger.models import LedgerEntry
from billing.orders.models import Order
from billing.payments.reconcile import reconcile_order
from billing.payments.refunding import continue_refund
from billing.refunds.services import request_refund
from billing.renewals.reconcile import reconcile_subscription
from billing.subscriptions.models import Subscription
from marketplace.products.models import Product
from outbox.mail.models import OutgoingMail
from tests.billing.conftest import person_of
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


def test_invoice_receipt_and_pages_say_which_period_was_paid(
    first: Order, seller: SellerProfile, buyer: User, client: Client, subscription: Subscription, sandbox: Sandbox
) -> None:
    begins, ends = datetime(2026, 5, 1, 9, tzinfo=UTC), datetime(2026, 6, 1, 9, tzinfo=UTC)
    Order.objects.filter(pk=first.pk).update(period_start=begins, period_end=ends)
    first.refresh_from_db()

    assert (first.period_words, Order(period_start=begins).period_words) == ("1 May 2026 to 31 May 2026", "")
    assert Order(period_start=ends - timedelta(minutes=5), period_end=ends).period_words == "1 June 2026 to 1 June 2026"
    said = content_of(first, taxes=(), party=None)["lines"][0]["text"]
    assert said == f"{first.product_title}: 1 May 2026 to 31 May 2026"
    client.force_login(buyer)
    assert "1 May 2026 to 31 May 2026" in client.get(f"/orders/{first.pk}/").content.decode()
    client.force_login(person_of(seller))
    assert "1 May 2026 to 31 May 2026" in client.get(reverse("billing:seller_order", args=[first.pk])).content.decode()
    second = renewed(sandbox, subscription)
    receipt = OutgoingMail.objects.get(key=f"receipt:{second.pk}").body_text
    invoice = Document.objects.get(order=second).content["lines"][0]["text"]
    assert (second.period_words in " ".join(receipt.split()), invoice) == (True, f"{second.product_title}: {second.period_words}")
