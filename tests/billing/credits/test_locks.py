"""Orders that are connected by credits are locked together, and what is to pay is shared out among them."""

from collections.abc import Collection
from uuid import UUID

import pytest

from accounts.people.models import User
from billing.credits import locks
from billing.credits.locks import lock_order_with_credits
from billing.credits.models import Credit
from billing.credits.selectors import Purchase, credit_of
from billing.orders.models import Order
from common.money import Money
from tests.billing.credits.conftest import Shelf
from tests.factories.billing import PaidOrderFactory

pytestmark = pytest.mark.django_db


def test_an_order_is_locked_with_what_it_credits_and_all_that_it_was_credited_for(
    shelf: Shelf, buyer: User, earlier: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    both, whole = (PaidOrderFactory(product=product, placed_by=buyer) for product in (shelf.both, shelf.all))
    Credit.objects.create(order=both, earlier=earlier, amount=500)
    Credit.objects.create(order=whole, earlier=both, amount=800)
    seen, lock_orders = [], locks.lock_orders

    def spy(*, order_ids: Collection[UUID]) -> list[Order]:
        seen.append(set(order_ids))
        return lock_orders(order_ids=order_ids)

    monkeypatch.setattr(locks, "lock_orders", spy)

    assert [lock_order_with_credits(order_id=order.pk) for order in (earlier, both, whole)] == [earlier, both, whole]

    assert seen == [{earlier.pk, both.pk, whole.pk}, {earlier.pk, both.pk, whole.pk}, {both.pk, whole.pk}]


def test_what_is_paid_already_by_one_order_takes_nothing_of_the_next(shelf: Shelf, buyer: User, earlier: Order) -> None:
    second = PaidOrderFactory(product=shelf.two, placed_by=buyer)
    images = frozenset(image.pk for image in shelf.both.images.all())
    purchase = Purchase(buyer.account, shelf.both.prices.get(), Money(500, "eur"), images)

    credited = credit_of([earlier, second], purchase)

    assert (credited.money, credited.parts) == (Money(500, "eur"), {earlier.pk: 500})
