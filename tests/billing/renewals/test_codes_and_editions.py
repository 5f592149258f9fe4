"""A subscription to an edition that began with a code changes to a smaller one, and back: what Stripe takes off, and what is said of it."""

import pytest

from accounts.people.models import User
from billing.checkout.amounts import Wish
from billing.checkout.opening import open_checkout
from billing.checkout.placing import place_order
from billing.payments.reconcile import reconcile_order
from billing.renewals.planning import keep_edition, plan_edition
from billing.renewals.reconcile import reconcile_subscription
from billing.stripe.errors import StripeAway
from billing.subscriptions.models import Subscription
from billing.subscriptions.price_models import PriceChange
from common.money import Money
from marketplace.products.models import Price, Product
from marketplace.products.services.prices import NewPrice, set_prices
from outbox.mail.models import OutgoingMail
from tests.billing.conftest import person_of
from tests.billing.renewals.conftest import price_of
from tests.billing.renewals.test_subscriptions import renew, sandbox_process
from tests.factories.billing import DiscountFactory
from tests.support.clients import client_of
from tests.support.sandbox import Sandbox

__all__ = ["sandbox_process"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pro(sandbox: Sandbox, editions: Product, buyer: User) -> Subscription:
    """Half of Pro's €49.00, for good."""
    code = DiscountFactory(seller=editions.seller, code="HALF", percent=50, duration="forever")
    order = place_order(product=editions, user=buyer, wish=Wish(price_of("Pro").pk), discount=code)
    open_checkout(order=order)
    order.refresh_from_db()
    sandbox.press(order)
    reconcile_order(order_id=order.pk)
    return fresh()


def fresh() -> Subscription:
    return Subscription.objects.select_related("product__namespace", "price", "buyer", "seller").get()


def off_at_stripe(sandbox: Sandbox, subscription: Subscription) -> list[int]:
    """What Stripe takes off each payment."""
    made = {one["data"]["object"]["id"]: one["data"]["object"] for one in sandbox.events("customer.discount.created")}
    listed = sandbox.get(f"/subscriptions/{subscription.stripe_subscription_id}")["discounts"]
    return [sandbox.get(f"/coupons/{made[key]['source']['coupon']}")["amount_off"] for key in listed]


def test_what_a_code_takes_off_the_smaller_edition_is_said_before_and_in_the_mail(pro: Subscription, buyer: User, sandbox: Sandbox) -> None:
    shown = client_of(buyer).get(f"/subscriptions/{pro.pk}/edition/", {"price": str(price_of("Standard").pk)}).content.decode()
    assert "€9.50 with the code HALF" in shown

    change = plan_edition(subscription=pro, price=price_of("Standard"), actor=buyer)

    assert (change.discount_amount, change.reduced_money, off_at_stripe(sandbox, pro)) == (950, Money(950, "eur"), [950])
    assert (
        "Your code HALF goes on counting: you pay €9.50 each time."
        in OutgoingMail.objects.get(key=f"edition_planned:{change.pk}").body_text
    )


def test_after_a_lost_answer_what_is_kept_is_reduced_by_its_own_amount(pro: Subscription, buyer: User, sandbox: Sandbox) -> None:
    sandbox.fail("/v1/subscriptions", times=1, mode="lost", method="POST")
    sandbox.fail("/v1/subscriptions", method="POST")
    with pytest.raises(StripeAway):
        plan_edition(subscription=pro, price=price_of("Standard"), actor=buyer)
    sandbox.mend()
    assert off_at_stripe(sandbox, pro) == [950]

    keep_edition(subscription=fresh(), actor=buyer)

    assert (off_at_stripe(sandbox, pro), fresh().next_money) == ([2450], Money(2450, "eur"))
    reconcile_subscription(subscription_id=pro.pk, now=renew(sandbox, pro))
    assert list(pro.orders.order_by("period_end").values_list("amount", "discount_amount", "flag")) == [(2450, 2450, "")] * 2


def test_an_edition_at_the_smallest_price_is_paid_whole_and_the_code_counts_again_for_what_is_kept(
    pro: Subscription, buyer: User, sandbox: Sandbox
) -> None:
    smallest = [NewPrice(Money(300, "eur"), interval=Price.Interval.MONTH)]
    set_prices(product=pro.product, prices=smallest, actor=person_of(pro.seller), edition=price_of("Standard").edition)

    plan_edition(subscription=pro, price=price_of("Standard"), actor=buyer)

    assert (off_at_stripe(sandbox, pro), fresh().discount_amount, fresh().next_money) == ([], 0, Money(300, "eur"))
    keep_edition(subscription=fresh(), actor=buyer)
    assert (off_at_stripe(sandbox, pro), fresh().discount_amount) == ([2450], 2450)
    plan_edition(subscription=fresh(), price=price_of("Standard"), actor=buyer)
    reconcile_subscription(subscription_id=pro.pk, now=renew(sandbox, pro))
    assert list(pro.orders.order_by("period_end").values_list("amount", "discount_amount", "flag")) == [(2450, 2450, ""), (300, 0, "")]
    assert PriceChange.objects.exclude(state="set").count() == 0
