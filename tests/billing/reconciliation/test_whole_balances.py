"""Everything that Stripe lists of our balance and a seller's is in the books to the cent, and nothing else is: sales, refunds, disputes, payouts."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.people.models import User
from accounts.sellers.models import SellerProfile
from billing.ledger.payouts import reconcile_payout
from billing.orders.models import Order
from billing.payments.reconcile import reconcile_order
from billing.reconciliation.comparing import compare
from billing.reconciliation.models import Difference, Statement, StatementLine
from billing.reconciliation.tasks import reconcile_books
from marketplace.products.models import Product
from tests.factories.accounts import UserFactory
from tests.support.sandbox import Sandbox, running_sandbox

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox of its own: its clock is set forward, and nobody else sells in it."""
    with running_sandbox(tmp_path_factory.mktemp("sandbox")) as sandbox:
        yield sandbox


@pytest.fixture
def orders(seller: SellerProfile, product: Product, buy: Callable[..., Order], sandbox: Sandbox) -> list[Order]:
    """A sale that stays, one refunded in part, one in whole, a dispute that is won and one that is lost."""
    made = [buy(product, UserFactory()) for _ in range(5)]
    back = {"reverse_transfer": "true", "refund_application_fee": "true"}
    sandbox.refund(made[1], amount=123, **back)
    sandbox.refund(made[2], **back)
    sandbox.control(f"/disputes/{sandbox.dispute(made[3])}/win")
    sandbox.control(f"/disputes/{sandbox.dispute(made[4])}/lose")
    return made


def payouts(sandbox: Sandbox, account: str) -> list[str]:
    headers = {"Stripe-Account": account} if account else {}
    return [each["id"] for each in sandbox.http.get("/v1/payouts", headers=headers).json()["data"]]


def test_both_balances_agree_after_everything_that_can_happen(
    orders: list[Order], seller: SellerProfile, sandbox: Sandbox, buyer: User
) -> None:
    account = str(seller.stripe_account_id)
    sandbox.control(f"/accounts/{account}/bank", fails="account_closed")
    sandbox.control("/clock/advance", days=6)
    sandbox.control(f"/accounts/{account}/bank")
    sandbox.control("/clock/advance", days=4)
    for order in orders:
        reconcile_order(order_id=order.pk)
    heard = [(payout, whose) for whose in ("", account) for payout in payouts(sandbox, whose)]
    for payout, whose in heard:
        reconcile_payout(payout_id=payout, account_id=whose)

    reconcile_books()
    for statement in Statement.objects.all():
        compare(statement, now=timezone.now() + timedelta(days=30))

    kinds = set(StatementLine.objects.values_list("type", flat=True))
    assert {"charge", "transfer", "payment_refund", "adjustment", "payout", "payout_failure"} <= kinds
    assert list(Difference.objects.values_list("kind", "line__type", "stripe_amount", "booked_amount")) == []
    assert StatementLine.objects.filter(agreed_at=None).count() == 0
    assert len(heard) >= 2
