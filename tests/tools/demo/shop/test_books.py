"""The demo's past sales are in the books as the services would write them, so that the nightly reconciliation finds nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from accounts.people.models import Account, User
from billing.ledger.models import LedgerEntry
from billing.orders.models import Order
from billing.payments.due import book_unbooked_orders
from billing.payments.reconcile import reconcile_order
from billing.reconciliation.models import Difference, StatementLine
from billing.reconciliation.tasks import reconcile_books
from common.money import Money
from tests.factories.accounts import SellerFactory, UserFactory
from tests.factories.marketplace import NamespaceFactory, ProductFactory
from tests.support.sandbox import Sandbox, running_sandbox, sandbox
from tools.demo.shop.goods import read_shops
from tools.demo.shop.images import Version
from tools.demo.shop.plan import Buyer, OnSale, Outcome, Sale
from tools.demo.shop.sales import Sold, rows_of, tell_sandbox, write

__all__ = ["sandbox"]
pytestmark = pytest.mark.django_db(transaction=True)
PRICE, PART = Money(4_999, "eur"), Money(1_236, "eur")  # Stripe rounds what comes back of our fee down, our rule to the nearest
RETURNED = {Outcome.REFUNDED: PRICE, Outcome.PARTLY_REFUNDED: PART}


@pytest.fixture
def sandbox_process(tmp_path: Path) -> Iterator[Sandbox]:
    """A sandbox of this test's own: what others have sold would be missing in its books."""
    with running_sandbox(tmp_path) as sandbox:
        yield sandbox


@pytest.fixture
def past(sandbox: Sandbox) -> list[Order]:
    """A sale of each outcome, forty days ago."""
    seller = SellerFactory(stripe_account_id=sandbox.account())
    product = ProductFactory(namespace=NamespaceFactory(owner=seller.account), price__amount=PRICE.minor)
    at = timezone.now() - timedelta(days=40)
    on_sale = OnSale("kept", read_shops()[0].products[0], 100)
    sales = [
        Sale(on_sale, Buyer(outcome, 100), at, PRICE, outcome, back, at + timedelta(days=2) if back else None)
        for outcome, back in ((outcome, RETURNED.get(outcome)) for outcome in Outcome)
    ]
    version = Version("1.0.0", datetime(2026, 7, 1, tzinfo=UTC), digest=f"sha256:{'a' * 64}")
    what = Sold(product, list(product.prices.all()), [(image, [version]) for image in product.images.all()])
    people: dict[str, tuple[Account, User]] = {outcome: (user.account, user) for outcome in Outcome for user in [UserFactory()]}
    write(rows_of(sales, {"kept": what}, people, UserFactory()))
    return list(Order.objects.filter(paid_at__isnull=False))


def books() -> list[tuple[object, ...]]:
    """All that the books say, but for when it was written."""
    names = ("transaction__kind", "transaction__key", "transaction__order", "transaction__refund", "transaction__happened_at")
    rows = LedgerEntry.objects.order_by("transaction__key", "account", "amount")
    return list(rows.values_list(*names, "account", "seller", "amount", "currency"))


def test_past_sales_are_booked_as_the_services_would_and_the_nightly_reconciliation_finds_nothing(past: list[Order]) -> None:
    assert tell_sandbox(Order.objects.all()) == (3, 3)
    demo = books()

    reconcile_books()

    assert StatementLine.objects.count() == (3 + 2) * 3 + 3 + 2 * 2  # of ours: three for each payment and refund; then the seller's
    assert not StatementLine.objects.filter(agreed_at=None).exists()
    assert not Difference.objects.exists()
    assert book_unbooked_orders() == 0

    for order in past:
        reconcile_order(order_id=order.pk)
    assert books() == demo
    assert "fee_rounded" in {kind for kind, *_ in demo}
    assert not Order.objects.exclude(flag="").exists()
    assert tell_sandbox(Order.objects.all()) == (0, 0)


def test_what_was_cut_off_is_asked_about_by_the_worker_later(past: list[Order], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.demo.shop.sales.book", lambda _: 0)

    assert tell_sandbox(Order.objects.all()) == (3, 0)

    assert book_unbooked_orders() == 0
    Order.objects.update(due_at=timezone.now())
    assert book_unbooked_orders() == 3
    assert not Order.objects.filter(paid_at__isnull=False, booked_at=None).exists()
