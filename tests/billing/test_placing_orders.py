"""What can be bought, by whom, and what an order copies."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.errors import EmailNotVerified
from accounts.models import AuditEvent, SellerProfile, User
from billing import gateway
from billing.errors import AlreadyOwned, PaymentUnderWay, ProductIsFree, SellerMayNotSell, StripeAway, StripeRefused, TooManyPendingOrders
from billing.models import Order
from billing.services.orders import close_checkout, complete_order, open_checkout, place_order, settle_order
from marketplace.errors import OwnProduct, ProductNotOnOffer
from marketplace.models import Entitlement, Price, Product
from tests.billing.conftest import person_of
from tests.factories.accounts import UserFactory
from tests.factories.billing import OrderFactory
from tests.factories.marketplace import (
    DraftProductFactory,
    EntitlementFactory,
    FreeProductFactory,
    NamespaceFactory,
    PriceFactory,
    ProductFactory,
    PushedImageFactory,
    TagFactory,
)
from tests.support.registry import wait_until
from tests.support.sandbox import Sandbox
from tests.support.threads import run_in_threads

pytestmark = pytest.mark.django_db(transaction=True)


def change_price(product: Product, amount: int) -> Price:
    product.prices.filter(retired_at=None).update(retired_at=timezone.now())
    return PriceFactory(product=product, amount=amount)


def test_an_order_copies_what_it_was_sold_for(product: Product, buyer: User) -> None:
    image = product.images.get()
    TagFactory(image=image, name="sha256-1234.sig")

    order = place_order(product=product, user=buyer)

    assert (order.state, order.amount, order.currency, order.application_fee) == ("pending", 500, "eur", 50)
    assert (order.product_title, order.email) == ("Postgres HA", buyer.email)
    assert order.destination_account_id == product.seller.stripe_account_id
    assert order.price == product.prices.get()
    assert timedelta(minutes=59) < order.checkout_expires_at - timezone.now() <= timedelta(hours=1)
    sold = order.images.get()
    assert (sold.image, sold.repository, sold.digests) == (image, image.repository, {"1.0": image.tags.get(name="1.0").manifest.digest})
    assert list(AuditEvent.objects.values_list("action", "actor")) == [("order.placed", buyer.pk)]


def test_the_checkout_says_at_stripe_what_the_order_says(opened: Order, sandbox: Sandbox) -> None:
    session = sandbox.session_of(opened)
    image = opened.images.get()

    assert (session["mode"], session["amount_total"], session["currency"]) == ("payment", 500, "eur")
    assert (session["client_reference_id"], session["metadata"]) == (
        str(opened.pk),
        {"order_id": str(opened.pk), "buyer_id": str(opened.buyer_id)},
    )
    assert session["customer_email"] == opened.email
    assert session["success_url"] == f"http://layerstore.test:8080/billing/return/{opened.pk}/"
    assert session["cancel_url"] == f"http://layerstore.test:8080/billing/return/{opened.pk}/?cancelled=yes"
    assert session["expires_at"] == opened.checkout_expires_at.timestamp()
    assert session["url"] == opened.checkout_url
    line = sandbox.get(f"/checkout/sessions/{session['id']}/line_items")["data"][0]
    assert (line["description"], line["quantity"], image.repository != "") == ("Postgres HA", 1, True)


@pytest.mark.parametrize(
    ("factory", "refusal"),
    [
        pytest.param(DraftProductFactory, ProductNotOnOffer, id="draft"),
        pytest.param(FreeProductFactory, ProductIsFree, id="free"),
        pytest.param(lambda: ProductFactory(price=False), ProductNotOnOffer, id="without a price"),
        pytest.param(lambda: ProductFactory(state="withdrawn"), ProductNotOnOffer, id="withdrawn"),
        pytest.param(lambda: ProductFactory(state="suspended", suspension_reason="x"), ProductNotOnOffer, id="suspended"),
        pytest.param(
            lambda: ProductFactory(namespace__seller__suspended_at=timezone.now(), namespace__seller__suspension_reason="x"),
            ProductNotOnOffer,
            id="of a suspended seller",
        ),
        pytest.param(lambda: ProductFactory(namespace__seller__charges_enabled=False), SellerMayNotSell, id="Stripe takes no payments"),
        pytest.param(lambda: ProductFactory(namespace__seller__payouts_enabled=False), SellerMayNotSell, id="Stripe pays nothing out"),
        pytest.param(lambda: ProductFactory(namespace__seller__stripe_account_id=None), SellerMayNotSell, id="not connected"),
    ],
)
def test_what_is_not_for_sale_is_not_sold(factory, refusal, buyer: User) -> None:
    product = factory()

    with pytest.raises(refusal):
        place_order(product=product, user=buyer)

    assert not Order.objects.exists()


def test_what_was_taken_down_is_not_sold(product: Product, buyer: User) -> None:
    product.images.update(taken_down_at=timezone.now(), take_down_reason="Malware.")

    with pytest.raises(ProductNotOnOffer):
        place_order(product=product, user=buyer)

    assert not Order.objects.exists()


def test_nobody_buys_without_a_verified_address(product: Product) -> None:
    with pytest.raises(EmailNotVerified):
        place_order(product=product, user=UserFactory(verified=False))

    assert not Order.objects.exists()


def test_nobody_buys_from_themselves(product: Product) -> None:
    with pytest.raises(OwnProduct):
        place_order(product=product, user=person_of(product.seller))

    assert not Order.objects.exists()


def test_nobody_leaves_more_than_twenty_purchases_unpaid(product: Product, opened: Order, buyer: User) -> None:
    OrderFactory.create_batch(19, buyer=buyer.account, placed_by=buyer)
    another = ProductFactory(namespace=product.namespace)

    with pytest.raises(TooManyPendingOrders):
        place_order(product=another, user=buyer)

    assert Order.objects.filter(state="pending").count() == 20
    assert place_order(product=product, user=buyer) == opened  # what was begun goes on
    close_checkout(order_id=opened.pk)
    assert place_order(product=another, user=buyer).state == "pending"


@pytest.mark.parametrize("suspended", [False, True], ids=["in force", "suspended by a dispute"])
def test_what_is_held_is_not_sold_again(product: Product, buyer: User, *, suspended: bool) -> None:
    EntitlementFactory(holder=buyer.account, image=product.images.get(), suspended_at=timezone.now() if suspended else None)

    with pytest.raises(AlreadyOwned):
        place_order(product=product, user=buyer)

    assert not Order.objects.exists()


def test_what_was_revoked_is_sold_again(product: Product, buyer: User) -> None:
    EntitlementFactory(holder=buyer.account, image=product.images.get(), revoked=True)

    assert place_order(product=product, user=buyer).state == "pending"


def test_a_bundle_is_sold_to_who_holds_a_part_of_it(product: Product, buyer: User, seller: SellerProfile) -> None:
    namespace = NamespaceFactory(owner=seller.account)
    images = [PushedImageFactory(namespace=namespace), PushedImageFactory(namespace=namespace)]
    EntitlementFactory(holder=buyer.account, image=images[0])

    order = place_order(product=ProductFactory(namespace=namespace, images=images), user=buyer)

    assert order.images.count() == 2


def test_buying_again_resumes_the_open_checkout(opened: Order, product: Product, buyer: User) -> None:
    again = place_order(product=product, user=buyer)

    assert again == opened
    assert open_checkout(order=again) == opened.checkout_url
    assert Order.objects.count() == 1


def test_two_buyers_of_one_product_have_an_order_each(opened: Order, product: Product) -> None:
    other = place_order(product=product, user=UserFactory())

    assert other != opened
    assert Order.objects.filter(state="pending").count() == 2


def test_a_new_price_closes_the_old_checkout_at_stripe_first(opened: Order, product: Product, buyer: User, sandbox: Sandbox) -> None:
    price = change_price(product, 900)

    order = place_order(product=product, user=buyer)

    opened.refresh_from_db()
    assert (opened.state, opened.checkout_url, sandbox.session_of(opened)["status"]) == ("expired", "", "expired")
    assert opened.closed_at is not None
    assert (order.state, order.amount, order.price) == ("pending", 900, price)


def test_a_changed_bundle_closes_the_old_checkout(opened: Order, product: Product, buyer: User) -> None:
    more = PushedImageFactory(namespace=product.namespace)
    product.product_images.create(image=more, owner_id=product.seller_id)

    order = place_order(product=product, user=buyer)

    opened.refresh_from_db()
    assert opened.state == "expired"
    assert order.images.count() == 2


def test_the_price_of_the_session_wins_over_a_later_one(opened: Order, product: Product, sandbox: Sandbox, holds, buyer: User) -> None:
    change_price(product, 900)
    sandbox.press(opened)

    order = complete_order(order_id=opened.pk)

    assert (order.state, order.amount, order.price.amount) == ("paid", 500, 500)
    assert holds(buyer) == [product.images.get().repository]


def test_buying_what_was_paid_a_moment_ago_finds_the_payment(opened: Order, product: Product, buyer: User, sandbox: Sandbox) -> None:
    sandbox.press(opened)
    change_price(product, 900)

    with pytest.raises(AlreadyOwned):
        place_order(product=product, user=buyer)

    opened.refresh_from_db()
    assert (opened.state, Order.objects.count()) == ("paid", 1)


def test_paying_twice_in_one_session_leads_to_the_order(opened: Order, product: Product, buyer: User, sandbox: Sandbox) -> None:
    sandbox.press(opened)

    again = place_order(product=product, user=buyer)

    assert open_checkout(order=again) == f"http://layerstore.test:8080/billing/return/{opened.pk}/"
    opened.refresh_from_db()
    assert opened.state == "paid"


def test_a_session_that_ran_out_makes_way_for_a_new_order(opened: Order, product: Product, buyer: User, sandbox: Sandbox) -> None:
    Order.objects.update(checkout_expires_at=timezone.now() - timedelta(seconds=1))
    sandbox.press(opened, "expire")

    order = place_order(product=product, user=buyer)

    opened.refresh_from_db()
    assert (opened.state, order.state) == ("expired", "pending")


def test_an_order_that_never_reached_stripe_makes_way_once_stripe_would_open_none(product: Product, buyer: User) -> None:
    first = place_order(product=product, user=buyer)
    Order.objects.update(checkout_expires_at=timezone.now() + timedelta(minutes=30))

    second = place_order(product=product, user=buyer)

    first.refresh_from_db()
    assert (first.state, first.checkout_session_id) == ("expired", None)
    assert (second.state, second != first) == ("pending", True)


def test_while_a_bank_debit_is_under_way_nothing_is_sold_twice(opened: Order, product: Product, buyer: User, sandbox: Sandbox) -> None:
    sandbox.press(opened, "pay-later")
    change_price(product, 900)

    with pytest.raises(PaymentUnderWay):
        place_order(product=product, user=buyer)

    opened.refresh_from_db()
    assert (opened.state, Order.objects.count()) == ("pending", 1)


def test_an_order_before_the_eyes_of_staff_is_not_resumed(opened: Order, product: Product, buyer: User) -> None:
    Order.objects.update(flagged_at=timezone.now(), flag="Look.")

    with pytest.raises(PaymentUnderWay):
        place_order(product=product, user=buyer)

    assert Order.objects.count() == 1


def test_a_product_that_left_the_shop_closes_its_checkout(opened: Order, product: Product, buyer: User) -> None:
    product.prices.update(retired_at=timezone.now())

    with pytest.raises(ProductNotOnOffer):
        place_order(product=product, user=buyer)

    opened.refresh_from_db()
    assert opened.state == "expired"


def test_the_smallest_price_carries_no_fee(seller: SellerProfile, buyer: User, sandbox: Sandbox, settings) -> None:
    settings.LAYERSTORE_APPLICATION_FEE_PERCENT = 0
    product = ProductFactory(namespace=NamespaceFactory(owner=seller.account))
    order = place_order(product=product, user=buyer)
    open_checkout(order=order)
    order.refresh_from_db()
    sandbox.press(order)

    assert (complete_order(order_id=order.pk).state, order.application_fee) == ("paid", 0)


def test_what_stripe_refuses_fails_the_order_and_the_next_one_is_new(seller: SellerProfile, buyer: User) -> None:
    product = ProductFactory(namespace=NamespaceFactory(owner=seller.account), price__amount=1)
    order = place_order(product=product, user=buyer)

    with pytest.raises(StripeRefused) as refused:
        open_checkout(order=order)

    order.refresh_from_db()
    assert (order.state, refused.value.stripe_code) == ("failed", "amount_too_small")
    assert AuditEvent.objects.get(action="order.failed").reason == refused.value.reason
    assert place_order(product=product, user=buyer) != order


def test_an_answer_lost_on_the_way_is_fetched_again_with_the_same_key(product: Product, buyer: User, sandbox: Sandbox) -> None:
    order = place_order(product=product, user=buyer)
    sandbox.fail("/v1/checkout/sessions", times=1, mode="lost", method="POST")
    sandbox.fail("/v1/checkout/sessions", method="POST")

    with pytest.raises(StripeAway):
        open_checkout(order=order)

    sandbox.mend()
    order.refresh_from_db()
    assert (order.state, order.checkout_session_id) == ("pending", None)
    url = open_checkout(order=place_order(product=product, user=buyer))
    made = [found for found in sandbox.get("/checkout/sessions", limit=100)["data"] if found["client_reference_id"] == str(order.pk)]
    assert [session["url"] for session in made] == [url]


def test_a_second_click_while_stripe_is_slow_spoils_nothing(product: Product, buyer: User, sandbox: Sandbox) -> None:
    order = place_order(product=product, user=buyer)
    sandbox.fail("/v1/checkout/sessions", times=1, mode="slow", seconds=60, method="POST")

    def click(number: int) -> str:
        if number == 0:
            return open_checkout(order=order)
        wait_until(lambda: sandbox.http.get("/sandbox/api/faults").json() == [])  # the first click's request has reached Stripe
        try:
            return open_checkout(order=order)
        finally:
            sandbox.mend()

    first, second = run_in_threads(2, click)

    assert type(second) is StripeAway
    order.refresh_from_db()
    assert (order.state, order.checkout_url) == ("pending", first)


def test_stripe_answering_500_leaves_the_order_to_the_next_click(product: Product, buyer: User, sandbox: Sandbox) -> None:
    order = place_order(product=product, user=buyer)
    sandbox.fail("/v1/checkout/sessions")

    with pytest.raises(StripeAway):
        open_checkout(order=order)

    sandbox.mend()
    assert open_checkout(order=place_order(product=product, user=buyer)).startswith(f"{sandbox.url}/c/pay/cs_test_")
    assert Order.objects.get().state == "pending"


def test_a_checkout_that_was_closed_while_it_opened_sends_nobody_there(
    product: Product, buyer: User, sandbox: Sandbox, monkeypatch
) -> None:
    order = place_order(product=product, user=buyer)
    create = gateway.create_checkout

    def close_meanwhile(given: Order) -> gateway.Checkout:
        checkout = create(given)
        Order.objects.update(state="expired")
        return checkout

    monkeypatch.setattr(gateway, "create_checkout", close_meanwhile)

    assert open_checkout(order=order) == f"http://layerstore.test:8080/billing/return/{order.pk}/"
    order.refresh_from_db()
    assert (order.checkout_url, sandbox.session_of(order)["status"]) == ("", "open")


def test_two_tabs_that_open_one_checkout_note_it_once(product: Product, buyer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    order = place_order(product=product, user=buyer)
    create = gateway.create_checkout

    def the_other_tab_is_faster(given: Order) -> gateway.Checkout:
        monkeypatch.setattr(gateway, "create_checkout", create)
        open_checkout(order=given)
        return create(given)

    monkeypatch.setattr(gateway, "create_checkout", the_other_tab_is_faster)

    url = open_checkout(order=order)

    order.refresh_from_db()
    assert (url, order.checkout_session_id is not None) == (order.checkout_url, True)


def test_a_refusal_after_the_other_tab_s_success_fails_nothing(product: Product, buyer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    order = place_order(product=product, user=buyer)
    create = gateway.create_checkout

    def refused_too_late(given: Order) -> gateway.Checkout:
        monkeypatch.setattr(gateway, "create_checkout", create)
        open_checkout(order=given)
        raise StripeRefused(reason="too late")

    monkeypatch.setattr(gateway, "create_checkout", refused_too_late)

    with pytest.raises(StripeRefused):
        open_checkout(order=order)

    order.refresh_from_db()
    assert (order.state, order.checkout_url != "") == ("pending", True)


def test_the_sweep_ends_what_never_reached_stripe(product: Product, buyer: User) -> None:
    order = place_order(product=product, user=buyer)
    assert settle_order(order_id=order.pk).state == "pending"
    Order.objects.update(checkout_expires_at=timezone.now())

    assert settle_order(order_id=order.pk).state == "expired"
    assert not Entitlement.objects.exists()


def test_an_order_of_the_factory_looks_like_one_of_the_service(opened: Order) -> None:
    made = OrderFactory()

    assert made.images.get().digests.keys() == opened.images.get().digests.keys()
    assert (made.application_fee, made.state) == (opened.application_fee, opened.state)
