"""The pages of a buyer."""

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from accounts.people.models import User
from billing.orders.models import Order
from billing.payments.reconcile import reconcile_order
from marketplace.entitlements.models import Entitlement
from marketplace.products.models import Product
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.billing import OrderFactory, PaidOrderFactory, RefundFactory
from tests.factories.marketplace import DraftProductFactory, EntitlementFactory
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def client(buyer: User) -> Client:
    client = Client()
    client.force_login(buyer)
    return client


def words_of(response) -> list[str]:
    return [message.message for message in get_messages(response.wsgi_request)]


def test_buying_leads_to_stripe(client: Client, product: Product, sandbox: Sandbox) -> None:
    answer = client.post(f"/billing/buy/{product.pk}/", {"amount": "1", "price": "1"})

    order = Order.objects.get()
    assert (answer.status_code, answer["Location"], order.amount) == (303, order.checkout_url, 500)
    assert order.checkout_url.startswith(f"{sandbox.url}/c/pay/cs_test_")


def test_clicking_twice_leads_to_the_same_page_of_stripe(client: Client, product: Product) -> None:
    first, second = (client.post(f"/billing/buy/{product.pk}/")["Location"] for _ in range(2))

    assert first == second
    assert Order.objects.count() == 1


def test_what_cannot_be_bought_is_said_on_the_product_s_page(client: Client, paid: Order) -> None:
    answer = client.post(f"/billing/buy/{paid.product_id}/")

    product = paid.product
    assert (answer.status_code, answer["Location"]) == (303, f"/{product.namespace.name}/{product.slug}")
    assert words_of(answer) == ["You already have this: it is in your library. Nothing was charged."]


def test_while_stripe_is_away_the_page_says_when_to_come_back(client: Client, product: Product, sandbox: Sandbox) -> None:
    sandbox.fail("/v1/checkout/sessions")

    answer = client.post(f"/billing/buy/{product.pk}/")

    assert (answer.status_code, answer["Retry-After"]) == (503, "15")


def test_a_draft_does_not_exist_for_buyers(client: Client) -> None:
    assert client.post(f"/billing/buy/{DraftProductFactory().pk}/").status_code == 404


def test_a_stranger_signs_in_first(product: Product) -> None:
    answer = Client().post(f"/billing/buy/{product.pk}/")

    assert (answer.status_code, answer["Location"]) == (302, "/account/login/")
    assert not Order.objects.exists()


def test_a_purchase_is_a_post(client: Client, product: Product) -> None:
    assert client.get(f"/billing/buy/{product.pk}/").status_code == 405


def test_the_return_page_reconciles_the_order(client: Client, opened: Order, sandbox: Sandbox) -> None:
    sandbox.press(opened)

    answer = client.get(f"/billing/return/{opened.pk}/")

    assert (answer.status_code, answer["Location"]) == (302, f"/orders/{opened.pk}/")
    page = client.get(answer["Location"]).content.decode()
    assert "Paid. You may pull now." in page
    assert f"docker pull layerstore.test:8080/{opened.images.get().repository}:1.0" in page


def test_the_return_page_waits_and_looks_again_by_itself(client: Client, opened: Order, sandbox: Sandbox) -> None:
    answer = client.get(f"/billing/return/{opened.pk}/")

    assert (answer.status_code, answer["Refresh"]) == (200, "3")
    assert opened.checkout_url in answer.content.decode()
    Order.objects.update(created_at=timezone.now() - timedelta(hours=1))
    assert client.get(f"/billing/return/{opened.pk}/")["Refresh"] == "60"


def test_the_return_page_of_who_did_not_pay_rests(client: Client, opened: Order) -> None:
    answer = client.get(f"/billing/return/{opened.pk}/?cancelled=yes")

    assert "Refresh" not in answer
    assert "nothing was charged" in answer.content.decode()


def test_the_return_page_waits_while_stripe_is_away(client: Client, opened: Order, sandbox: Sandbox) -> None:
    sandbox.press(opened)
    sandbox.fail("/v1/")

    assert client.get(f"/billing/return/{opened.pk}/").status_code == 200
    sandbox.mend()
    assert client.get(f"/billing/return/{opened.pk}/").status_code == 302


@pytest.mark.parametrize(
    ("state", "words"),
    [
        pytest.param("pending", "Waiting for the payment.", id="pending"),
        pytest.param("paid", "Paid. You may pull now.", id="paid"),
        pytest.param("partially_refunded", "Partly refunded.", id="partly refunded"),
        pytest.param("refunded", "Refunded.", id="refunded"),
        pytest.param("disputed", "Disputed.", id="disputed"),
        pytest.param("charged_back", "Charged back.", id="charged back"),
        pytest.param("expired", "Not paid in time.", id="expired"),
        pytest.param("failed", "The payment failed.", id="failed"),
    ],
)
def test_an_order_says_what_its_state_means(client: Client, buyer: User, state: str, words: str) -> None:
    order = PaidOrderFactory(placed_by=buyer, state=state)

    assert words in client.get(f"/orders/{order.pk}/").content.decode()


def test_a_receipt_names_money_images_and_digests(client: Client, paid: Order) -> None:
    page = client.get(f"/orders/{paid.pk}/").content.decode()

    sold = paid.images.get()
    for words in ("€5.00", "card ending 4242", paid.number, sold.repository, sold.digests["1.0"], str(paid.payment_intent_id)):
        assert words in page
    assert f'href="/library/credential/?image={sold.image_id}">Create a pull credential</a>' in page


@pytest.mark.parametrize(("refunded", "total"), [(0, "€5.00"), (200, "€3.00"), (500, "€0.00")])
def test_a_receipts_total_is_what_was_paid_in_the_end(client: Client, buyer: User, refunded: int, total: str) -> None:
    order = PaidOrderFactory(placed_by=buyer, state="partially_refunded" if refunded else "paid", refunded_amount=refunded)

    assert f'<span class="amount">{total}</span>' in client.get(f"/orders/{order.pk}/").content.decode()


def test_a_refunded_order_offers_no_pull(client: Client, buyer: User) -> None:
    order = PaidOrderFactory(placed_by=buyer, state="refunded", refunded_amount=500)
    order.buyer.entitlements.update(revoked_at=timezone.now(), revocation_reason="x")
    RefundFactory(order=order, amount=500)

    page = client.get(f"/orders/{order.pk}/")

    assert (page.context["may_pull"], "€5.00 is on its way back" in page.content.decode()) == (False, True)
    assert "pull access ends within 6 minutes" in page.content.decode()


def test_a_refunded_order_offers_no_pull_that_an_organisation_has_a_right_to(client: Client, buyer: User) -> None:
    order = PaidOrderFactory(placed_by=buyer)
    assert "Pull it" in client.get(f"/orders/{order.pk}/").content.decode()
    EntitlementFactory(holder=MembershipFactory(user=buyer).account, image=order.images.get().image)
    Order.objects.update(state="refunded")
    Entitlement.objects.filter(source_id=order.pk).update(revoked_at=timezone.now(), revocation_reason="Refunded.")

    page = client.get(f"/orders/{order.pk}/").content.decode()

    assert ("Pull it" in page, "for this purchase only" in page) == (False, False)


def test_an_order_that_staff_look_at_says_so(client: Client, buyer: User) -> None:
    order = OrderFactory(placed_by=buyer, flagged_at=timezone.now(), flag="amount 1 instead of 2")

    page = client.get(f"/orders/{order.pk}/").content.decode()

    assert "We are looking at this payment." in page
    assert "instead of" not in page


def test_the_list_has_the_buyer_s_orders_alone(client: Client, buyer: User) -> None:
    mine, other = OrderFactory(placed_by=buyer), OrderFactory()

    page = client.get("/orders/").content.decode()

    assert (mine.number in page, other.number in page) == (True, False)


def test_the_list_takes_the_same_queries_for_any_number_of_orders(client: Client, buyer: User, django_assert_num_queries) -> None:
    PaidOrderFactory(placed_by=buyer)
    with django_assert_num_queries(7) as few:
        client.get("/orders/")
    PaidOrderFactory.create_batch(5, placed_by=buyer)
    with django_assert_num_queries(len(few)):
        client.get("/orders/")


@pytest.mark.parametrize("address", ["/orders/{}/", "/billing/return/{}/"])
def test_somebody_else_s_order_does_not_exist(paid: Order, address: str) -> None:
    other = Client()
    other.force_login(UserFactory())

    assert other.get(address.format(paid.pk)).status_code == 404
    assert Client().get(address.format(paid.pk)).status_code == 302


def test_an_empty_list_says_what_to_do(client: Client) -> None:
    assert "No orders yet" in client.get("/orders/").content.decode()


def test_what_is_completed_on_the_page_is_completed(client: Client, paid: Order) -> None:
    assert reconcile_order(order_id=paid.pk).state == "paid"
