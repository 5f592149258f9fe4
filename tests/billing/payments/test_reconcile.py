"""How a payment becomes an order that is paid, whoever hears of it first."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.utils import timezone

from accounts.people.models import User
from audit.models import AuditEvent
from billing.checkout.opening import open_checkout
from billing.checkout.placing import place_order
from billing.orders.models import Order
from billing.payments.observation import apply_observation, observe_order
from billing.payments.reconcile import reconcile_order, settle_order
from billing.payments.refunding import continue_refund
from billing.refunds.models import Refund
from billing.stripe.payment_data import Payment
from billing.stripe.payments import read_payment
from common.db.errors import LockTimeout
from common.db.locking import locked_transaction
from common.money import Money
from marketplace.entitlements.models import Entitlement
from marketplace.entitlements.policy import Action, Subject, allowed_actions
from marketplace.products.models import Product
from outbox.mail.models import OutgoingMail
from tests.factories.marketplace import NamespaceFactory, ProductFactory, PushedImageFactory
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_payment_grants_pull_and_sends_the_receipt(opened: Order, sandbox: Sandbox, buyer: User, holds) -> None:
    image = opened.images.get().image
    sandbox.press(opened)

    order = reconcile_order(order_id=opened.pk)

    session = sandbox.session_of(order)
    assert (order.state, order.checkout_url, order.payment_intent_id) == ("paid", "", session["payment_intent"])
    assert order.paid_with == "card ending 4242"
    assert (order.paid_at is not None, order.closed_at, order.flagged_at) == (True, None, None)
    assert holds(buyer) == [image.repository]
    assert Entitlement.objects.get().source_id == order.pk
    assert allowed_actions(subject=Subject.of(buyer), repositories=[image.repository]) == {image.repository: {Action.PULL}}
    image.refresh_from_db()
    assert image.first_sold_at is not None
    mail = OutgoingMail.objects.get()
    assert (mail.to, mail.key) == (buyer.email, f"receipt:{order.pk}")
    assert "€5.00" in mail.body_text
    assert f"http://layerstore.test:8080/orders/{order.pk}/" in mail.body_text
    assert list(AuditEvent.objects.order_by("at").values_list("action", flat=True)) == ["order.placed", "order.paid"]


def test_the_money_goes_to_the_seller_less_our_fee(paid: Order, sandbox: Sandbox) -> None:
    intent = sandbox.get(f"/payment_intents/{paid.payment_intent_id}")

    assert (intent["amount_received"], intent["application_fee_amount"]) == (500, 50)
    assert intent["transfer_data"]["destination"] == paid.destination_account_id


def test_reconciling_again_changes_nothing(paid: Order, buyer: User, holds) -> None:
    before = dict(Order.objects.values().get())

    reconcile_order(order_id=paid.pk)
    reconcile_order(order_id=paid.pk)

    after = dict(Order.objects.values().get())
    assert {name for name in before if before[name] != after[name]} == {"revision", "due_at"}
    assert (len(holds(buyer)), OutgoingMail.objects.count(), AuditEvent.objects.count()) == (1, 1, 2)


def test_an_open_session_changes_nothing(opened: Order, buyer: User, holds) -> None:
    order = reconcile_order(order_id=opened.pk)

    assert (order.state, order.checkout_url, holds(buyer)) == ("pending", opened.checkout_url, [])


def test_a_declined_card_leaves_the_checkout_open(opened: Order, sandbox: Sandbox, buyer: User, holds) -> None:
    sandbox.press(opened, "decline")

    order = reconcile_order(order_id=opened.pk)

    assert (order.state, order.checkout_url, holds(buyer)) == ("pending", opened.checkout_url, [])


def test_a_bank_debit_grants_nothing_until_it_is_paid(opened: Order, sandbox: Sandbox, buyer: User, holds) -> None:
    sandbox.press(opened, "pay-later")
    order = reconcile_order(order_id=opened.pk)
    assert (order.state, order.checkout_url, holds(buyer)) == ("pending", "", [])
    assert open_checkout(order=order).endswith(f"/billing/return/{order.pk}/")

    sandbox.press(opened, "settle")
    order = reconcile_order(order_id=opened.pk)

    assert (order.state, order.paid_with, len(holds(buyer))) == ("paid", "sepa debit ending 3000", 1)


def test_a_bank_debit_that_fails_fails_the_order(opened: Order, sandbox: Sandbox, buyer: User, holds) -> None:
    sandbox.press(opened, "pay-later")
    reconcile_order(order_id=opened.pk)
    sandbox.press(opened, "fail")

    order = reconcile_order(order_id=opened.pk)

    assert (order.state, order.closed_at is not None, holds(buyer)) == ("failed", True, [])
    assert not OutgoingMail.objects.filter(key__startswith="receipt:").exists()


def test_the_sweep_leaves_a_bank_debit_alone_however_long_it_takes(opened: Order, sandbox: Sandbox) -> None:
    sandbox.press(opened, "pay-later")
    Order.objects.update(checkout_expires_at=timezone.now())

    assert settle_order(order_id=opened.pk).state == "pending"


def test_the_sweep_ends_a_checkout_whose_time_is_over(opened: Order, sandbox: Sandbox) -> None:
    Order.objects.update(checkout_expires_at=timezone.now())

    assert settle_order(order_id=opened.pk).state == "expired"
    assert sandbox.session_of(opened)["status"] == "expired"


def test_the_sweep_reconciles_an_order_whose_webhook_never_came(opened: Order, sandbox: Sandbox, buyer: User, holds) -> None:
    sandbox.press(opened)

    assert settle_order(order_id=opened.pk).state == "paid"
    assert len(holds(buyer)) == 1


def test_a_late_payment_for_an_expired_order_is_honoured(opened: Order, sandbox: Sandbox, buyer: User, holds) -> None:
    sandbox.press(opened)
    Order.objects.update(state="expired", closed_at=timezone.now())

    order = reconcile_order(order_id=opened.pk)

    assert (order.state, order.closed_at, len(holds(buyer))) == ("paid", None, 1)


def test_a_late_payment_for_what_is_owned_by_then_is_given_back(opened: Order, product: Product, buyer: User, buy, sandbox, holds) -> None:
    sandbox.press(opened)
    Order.objects.update(state="expired", closed_at=timezone.now())
    second = buy(product, buyer)
    reconcile_order(order_id=second.pk)

    first = reconcile_order(order_id=opened.pk)

    refund = Refund.objects.get()
    assert (first.state, refund.order, refund.amount, refund.state) == ("refunded", first, 500, "waiting")
    assert refund.reason == "Paid a second time: everything in it was in the buyer's library already."
    assert len(holds(buyer)) == 1
    assert reconcile_order(order_id=first.pk).flagged_at is None  # Stripe says paid until the refund is done
    continue_refund(refund_id=refund.pk)
    first.refresh_from_db()
    assert (first.state, first.refunded_amount, first.flagged_at) == ("refunded", 500, None)
    assert sandbox.get(f"/payment_intents/{first.payment_intent_id}")["amount_received"] == 500
    assert list(OutgoingMail.objects.order_by("key").values_list("key", flat=True)) == [f"receipt:{second.pk}", f"refund:{refund.pk}"]
    assert len(holds(buyer)) == 1


def test_of_two_products_with_one_image_the_second_payment_is_given_back(product: Product, buyer: User, buy, holds) -> None:
    twin = ProductFactory(namespace=product.namespace, images=[product.images.get()])
    orders = [buy(product, buyer), buy(twin, buyer)]

    states = [reconcile_order(order_id=order.pk).state for order in orders]

    assert states == ["paid", "refunded"]
    assert len(holds(buyer)) == 1
    assert Refund.objects.get().order == orders[1]


def test_a_payment_after_a_take_down_is_given_back(opened: Order, sandbox: Sandbox, buyer: User, holds) -> None:
    sandbox.press(opened)
    opened.product.images.update(taken_down_at=timezone.now(), take_down_reason="Malware.")

    order = reconcile_order(order_id=opened.pk)

    assert (order.state, Refund.objects.get().reason) == ("refunded", "Paid too late. An image in it had been taken down.")
    assert holds(buyer) == []


def test_a_payment_after_withdrawal_is_honoured(opened: Order, sandbox: Sandbox, buyer: User, holds) -> None:
    sandbox.press(opened)
    Product.objects.update(state="withdrawn")

    assert reconcile_order(order_id=opened.pk).state == "paid"
    assert len(holds(buyer)) == 1


def test_a_bundle_grants_each_of_its_images(seller, buyer: User, buy, holds) -> None:
    namespace = NamespaceFactory(owner=seller.account)
    images = [PushedImageFactory(namespace=namespace), PushedImageFactory(namespace=namespace)]
    order = buy(ProductFactory(namespace=namespace, images=images), buyer)

    reconcile_order(order_id=order.pk)

    assert holds(buyer) == sorted(image.repository for image in images)


@pytest.mark.parametrize(
    ("field", "value", "flag"),
    [
        pytest.param("amount", 900, "amount €5.00 instead of €9.00", id="amount"),
        pytest.param("currency", "usd", "amount €5.00 instead of $5.00", id="currency"),
        pytest.param("destination_account_id", "acct_other", "instead of acct_other", id="destination"),
        pytest.param("application_fee", 40, "fee €0.50 instead of €0.40", id="fee"),
    ],
)
def test_what_differs_from_what_we_sold_grants_nothing(
    opened: Order, sandbox: Sandbox, buyer: User, holds, field: str, value: object, flag: str
) -> None:
    sandbox.press(opened)
    Order.objects.update(**{field: value})

    order = reconcile_order(order_id=opened.pk)

    assert (order.state, holds(buyer), order.paid_at) == ("pending", [], None)
    assert order.flag.startswith("Stripe differs from what we sold: ")
    assert flag in order.flag
    assert AuditEvent.objects.filter(action="order.flagged").count() == 1
    reconcile_order(order_id=opened.pk)
    assert AuditEvent.objects.filter(action="order.flagged").count() == 1


def test_the_session_of_another_order_grants_nothing(opened: Order, product: Product, sandbox: Sandbox, buyer: User, buy, holds) -> None:
    other = buy(ProductFactory(namespace=product.namespace), buyer)
    session_id = other.checkout_session_id
    Order.objects.filter(pk=other.pk).update(checkout_session_id=None)
    Order.objects.filter(pk=opened.pk).update(checkout_session_id=session_id)

    order = reconcile_order(order_id=opened.pk)

    assert (order.state, holds(buyer)) == ("pending", [])
    assert f"order {other.pk} instead of {opened.pk}" in order.flag


def test_a_payment_of_the_other_mode_grants_nothing(opened: Order, sandbox: Sandbox, buyer: User, holds, settings) -> None:
    sandbox.press(opened)
    settings.STRIPE_LIVEMODE = True

    order = reconcile_order(order_id=opened.pk)

    assert (order.state, holds(buyer), "live mode False instead of True" in order.flag) == ("pending", [], True)


def test_a_second_payment_that_is_on_its_way_back_already_is_not_given_back_twice(
    opened: Order, product: Product, buyer: User, buy, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.press(opened)
    Order.objects.update(state="expired", closed_at=timezone.now())
    reconcile_order(order_id=buy(product, buyer).pk)
    sandbox.refund(opened)
    read = read_payment
    # A bank that has not taken the refund yet: Stripe lists it, and has not counted it.
    pending = replace(read(str(opened.checkout_session_id)), refunded=Money(0, "eur"))
    pending = replace(pending, refunds=tuple(replace(refund, status="pending") for refund in pending.refunds))
    monkeypatch.setattr("billing.payments.observation.read_payment", lambda _: pending)

    order = reconcile_order(order_id=opened.pk)

    assert (order.state, Refund.objects.get().reason) == ("refunded", "Made in Stripe's dashboard.")


def test_an_answer_that_was_overtaken_is_thrown_away(opened: Order, sandbox: Sandbox) -> None:
    stale = observe_order(order_id=opened.pk)
    assert stale is not None
    sandbox.press(opened)
    reconcile_order(order_id=opened.pk)

    with locked_transaction():
        written = apply_observation(stale)

    opened.refresh_from_db()
    assert (written, opened.state) == (None, "paid")


def test_an_order_that_is_always_overtaken_is_tried_again_later(opened: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    read = read_payment

    def overtaken(session_id: str) -> Payment:
        payment = read(session_id)
        Order.objects.update(revision=Order.objects.get().revision + 1)
        return payment

    monkeypatch.setattr("billing.payments.observation.read_payment", overtaken)

    with pytest.raises(LockTimeout):
        reconcile_order(order_id=opened.pk)

    opened.refresh_from_db()
    assert opened.state == "pending"


def test_an_order_without_a_session_has_nothing_to_reconcile(product: Product, buyer: User) -> None:
    order = place_order(product=product, user=buyer)

    assert reconcile_order(order_id=order.pk).revision == 0


def test_what_is_final_stays_and_is_flagged_when_stripe_says_otherwise(paid: Order, buyer: User, holds) -> None:
    Order.objects.update(state="refunded")

    order = reconcile_order(order_id=paid.pk)

    assert (order.state, order.flag) == ("refunded", "The order is refunded, and Stripe says paid.")


def test_stripe_is_never_called_inside_a_transaction(opened: Order, buy: Callable[..., Order]) -> None:
    with pytest.raises(RuntimeError, match="never called inside a transaction"), locked_transaction():
        reconcile_order(order_id=opened.pk)
