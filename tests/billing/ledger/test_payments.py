"""What happens at Stripe is in the books as soon as we hear of it, once, and every balance is Stripe's own."""

from collections.abc import Callable, Mapping
from typing import Any

from accounts.people.models import User
from accounts.sellers.models import SellerProfile
from billing.ledger.models import Account, LedgerEntry, LedgerTransaction
from billing.ledger.selectors import balances_of, balances_of_order
from billing.orders.models import Order
from billing.payments.reconcile import reconcile_order
from billing.payments.refunding import continue_refund
from billing.refunds.services import request_refund
from common.money import Money
from marketplace.products.models import Product
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import ProductFactory
from tests.support.sandbox import Sandbox

AMOUNT, FEE, STRIPE_FEE, DISPUTE_FEE = 500, 50, 33, 2000


def in_minor(balances: Mapping[Account, list[Money]]) -> dict[str, int]:
    """Balances of euros alone."""
    assert all(money.currency == "eur" for found in balances.values() for money in found)
    return {account.value: sum(money.minor for money in found) for account, found in balances.items()}


def of_order(order: Order) -> dict[str, int]:
    return in_minor(balances_of_order(order.pk))


def at_stripe(sandbox: Sandbox, order: Order) -> int:
    """What the movements of an order's payment have left in our balance, added up from Stripe's own list."""
    keys = LedgerTransaction.objects.filter(order=order, key__startswith="txn_").values_list("key", flat=True)
    return sum(sandbox.get(f"/balance_transactions/{key}")["net"] for key in keys)


def ours(order: Order) -> int:
    entries = LedgerEntry.objects.filter(transaction__order=order, account=Account.STRIPE, seller=None)
    return sum(entries.values_list("amount", flat=True))


def refunded(order: Order, amount: int | None = None) -> Order:
    wanted = None if amount is None else Money(amount, order.currency)
    continue_refund(refund_id=request_refund(order=order, amount=wanted, reason="x", actor=UserFactory(staff=True)).pk)
    order.refresh_from_db()
    return order


def kinds(order: Order) -> list[str]:
    return sorted(order.ledger_transactions.values_list("kind", flat=True))


def test_a_sale_is_a_payment_a_transfer_and_a_fee_and_clears_the_buyers_account(paid: Order, sandbox: Sandbox) -> None:
    assert kinds(paid) == ["application_fee", "charge", "transfer"]
    assert of_order(paid) == {
        "stripe": AMOUNT - STRIPE_FEE,  # ours and the seller's together
        "stripe_fee": STRIPE_FEE,
        "platform_fee": -FEE,
        "seller_payable": FEE - AMOUNT,
    }
    assert ours(paid) == at_stripe(sandbox, paid) == FEE - STRIPE_FEE
    charge = paid.ledger_transactions.get(kind="charge")
    intent = sandbox.get(f"/payment_intents/{sandbox.session_of(paid)['payment_intent']}")
    assert (charge.stripe_source_id, charge.counterpart_id) == (intent["latest_charge"], None)
    transfer = sandbox.get(f"/charges/{intent['latest_charge']}", **{"expand[]": "transfer"})["transfer"]
    assert paid.ledger_transactions.get(kind="transfer").counterpart_id == transfer["destination_payment"]


def test_hearing_of_it_again_posts_nothing(paid: Order) -> None:
    before = list(LedgerEntry.objects.values_list("pk", flat=True))

    reconcile_order(order_id=paid.pk)

    assert list(LedgerEntry.objects.values_list("pk", flat=True)) == before


def test_an_order_that_is_not_paid_is_not_in_the_books(opened: Order) -> None:
    reconcile_order(order_id=opened.pk)

    assert LedgerTransaction.objects.count() == 0


def test_what_differs_from_what_was_sold_is_not_posted_but_flagged(opened: Order, sandbox: Sandbox) -> None:
    Order.objects.filter(pk=opened.pk).update(application_fee=1)
    sandbox.press(opened)

    order = reconcile_order(order_id=opened.pk)

    assert (order.state, bool(order.flag), LedgerTransaction.objects.count()) == ("pending", True, 0)


def test_a_full_refund_takes_transfer_and_fee_back_and_leaves_stripes_fee_with_us(paid: Order, sandbox: Sandbox) -> None:
    refunded(paid)

    assert of_order(paid) == {"stripe": -STRIPE_FEE, "stripe_fee": STRIPE_FEE}
    assert ours(paid) == at_stripe(sandbox, paid) == -STRIPE_FEE
    refund = paid.refunds.get()
    leading = paid.ledger_transactions.filter(refund=refund).values_list("kind", flat=True)
    assert sorted(leading) == ["refund", "transfer_reversal"]


def test_a_refund_in_parts_takes_back_parts(paid: Order, sandbox: Sandbox) -> None:
    refunded(paid, 111)
    after_one = of_order(paid)
    refunded(paid, 77)

    assert after_one == {"stripe": 500 - 33 - 111, "stripe_fee": 33, "platform_fee": 11 - 50, "seller_payable": -(450 - 100)}
    assert ours(paid) == at_stripe(sandbox, paid)
    refunded(paid)
    assert of_order(paid) == {"stripe": -STRIPE_FEE, "stripe_fee": STRIPE_FEE}


def test_a_refund_made_in_the_dashboard_that_takes_nothing_back_is_borne_by_us(paid: Order, sandbox: Sandbox) -> None:
    sandbox.refund(paid, amount=100)

    reconcile_order(order_id=paid.pk)

    assert of_order(paid)["refunds"] == 100
    assert of_order(paid)["seller_payable"] == FEE - AMOUNT
    assert paid.ledger_transactions.get(kind="refund").refund == paid.refunds.get()


def test_a_dispute_is_held_with_its_fee_until_the_bank_has_decided_for_us(paid: Order, sandbox: Sandbox) -> None:
    dispute = sandbox.dispute(paid)
    reconcile_order(order_id=paid.pk)
    held = of_order(paid)
    sandbox.control(f"/disputes/{dispute}/win")
    reconcile_order(order_id=paid.pk)

    assert held["disputes_held"] == AMOUNT
    assert held["stripe_fee"] == STRIPE_FEE + DISPUTE_FEE
    assert "disputes_held" not in of_order(paid)
    assert ours(paid) == at_stripe(sandbox, paid) == FEE - STRIPE_FEE
    assert {row.dispute_id for row in paid.ledger_transactions.filter(kind="dispute")} == {dispute}


def test_a_lost_dispute_is_a_loss_until_an_appeal_puts_it_on_hold_again(paid: Order, sandbox: Sandbox) -> None:
    dispute = sandbox.dispute(paid)
    said: list[dict[str, int]] = []
    for verdict in ("lose", "appeal", "lose"):
        sandbox.control(f"/disputes/{dispute}/{verdict}")
        for _ in range(2):
            reconcile_order(order_id=paid.pk)
        said.append({name: minor for name, minor in of_order(paid).items() if name.startswith("disputes")})

    assert said == [{"disputes_lost": AMOUNT}, {"disputes_held": AMOUNT}, {"disputes_lost": AMOUNT}]
    keys = paid.ledger_transactions.filter(kind="dispute_decided").order_by("key").values_list("key", flat=True)
    assert list(keys) == [f"{dispute}:decided:{number}" for number in (1, 2, 3)]


def test_an_inquiry_moves_no_money(paid: Order, sandbox: Sandbox) -> None:
    sandbox.dispute(paid, inquiry=True)

    reconcile_order(order_id=paid.pk)

    assert kinds(paid) == ["application_fee", "charge", "transfer"]


def test_a_second_payment_for_the_same_is_posted_and_posted_back(
    product: Product, buyer: User, buy: Callable[..., Order], sandbox: Sandbox
) -> None:
    twin: Any = ProductFactory(namespace=product.namespace, images=[product.images.get()])
    first, second = buy(product, buyer), buy(twin, buyer)
    for order in (first, second):
        reconcile_order(order_id=order.pk)
    continue_refund(refund_id=second.refunds.get().pk)

    assert of_order(second) == {"stripe": -STRIPE_FEE, "stripe_fee": STRIPE_FEE}
    assert ours(second) == at_stripe(sandbox, second)


def test_sales_without_a_fee_have_no_fee_in_the_books(
    product: Product, buyer: User, buy: Callable[..., Order], settings: Any, seller: SellerProfile
) -> None:
    settings.LAYERSTORE_APPLICATION_FEE_PERCENT = 0
    order = buy(product, buyer)

    reconcile_order(order_id=order.pk)

    assert kinds(order) == ["charge", "transfer"]
    payable = balances_of(LedgerEntry.objects.filter(seller=seller, account=Account.SELLER_PAYABLE))
    assert in_minor(payable) == {"seller_payable": -AMOUNT}
