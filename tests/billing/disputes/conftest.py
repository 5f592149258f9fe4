"""Staff who answer, and what a dispute leaves in the books."""

from collections.abc import Callable
from importlib import import_module
from typing import Any
from uuid import UUID

import pytest

from accounts.people.models import User
from billing.ledger.models import Account, LedgerEntry
from billing.ledger.selectors import balances_of
from billing.orders.models import Order
from billing.payments.reconcile import reconcile_order
from billing.stripe.errors import StripeAway
from tests.factories.accounts import UserFactory
from tests.support.sandbox import Sandbox


@pytest.fixture
def staff(transactional_db: None) -> User:
    return UserFactory(staff=True)


@pytest.fixture
def disputed(paid: Order, sandbox: Sandbox) -> Order:
    """A paid order whose buyer's bank holds the money and waits for an answer."""
    sandbox.dispute(paid, reason="product_not_received")
    return reconcile_order(order_id=paid.pk)


@pytest.fixture
def lost(disputed: Order, sandbox: Sandbox) -> Order:
    """An order whose dispute was lost; what was taken back is not asked for yet."""
    sandbox.control(f"/disputes/{disputed.disputes.get().pk}/lose")
    return reconcile_order(order_id=disputed.pk)


@pytest.fixture
def sides() -> Callable[..., dict[str, int]]:
    """The balances of one order, ours or its seller's, in minor units by account."""

    def ask(order: Order, *, seller: UUID | None = None) -> dict[str, int]:
        entries = LedgerEntry.objects.filter(transaction__order=order)
        entries = entries.filter(seller=seller) if seller else entries.filter(seller=None)
        return {Account(account).value: money.minor for account, [money] in balances_of(entries).items()}

    return ask


@pytest.fixture
def lose_answer(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let a call reach Stripe, once, and its answer get lost, whatever the SDK tries."""

    def act(function: str) -> None:
        module, _, name = function.rpartition(".")
        called = getattr(import_module(module), name)

        def lost(*args: Any, **kwargs: Any) -> None:
            monkeypatch.setattr(function, called)
            called(*args, **kwargs)
            raise StripeAway

        monkeypatch.setattr(function, lost)

    return act
