"""Orders for programs."""

import pytest
from django.test import Client

from accounts.people.models import User
from billing.orders.models import Order
from billing.payments.reconcile import reconcile_order
from marketplace.products.models import Product
from outbox.mail.models import OutgoingMail
from tests.factories.accounts import AccessTokenFactory
from tests.factories.billing import DiscountFactory, OrderFactory, PaidOrderFactory
from tests.factories.marketplace import DraftProductFactory
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def api(buyer: User) -> Client:
    return Client(headers={"Authorization": f"Bearer {AccessTokenFactory(user=buyer).secret}"})


def test_a_program_buys_and_a_person_pays(api: Client, product: Product, sandbox: Sandbox) -> None:
    answer = api.post("/api/v1/orders/", {"product": str(product.pk), "amount": 1}, content_type="application/json")

    order = Order.objects.get()
    assert (answer.status_code, answer.json()["checkout_url"], order.amount) == (201, order.checkout_url, 500)
    sandbox.press(order)
    reconcile_order(order_id=order.pk)
    shown = api.get(f"/api/v1/orders/{order.pk}/").json()
    image = order.images.get()
    assert (shown["state"], shown["amount"], shown["currency"], shown["checkout_url"]) == ("paid", 500, "eur", "")
    assert shown["images"] == [{"repository": image.repository, "featured_tag": "1.0", "tag_count": 1, "digests": image.digests}]


def test_what_cannot_be_bought_is_a_problem(api: Client, paid: Order) -> None:
    answer = api.post("/api/v1/orders/", {"product": str(paid.product_id)}, content_type="application/json")

    assert (answer.status_code, answer.json()["code"], answer["Content-Type"]) == (409, "already_owned", "application/problem+json")


@pytest.mark.parametrize(("body", "status"), [pytest.param({}, 400, id="nothing"), pytest.param({"product": "x"}, 400, id="no id")])
def test_malformed_input_is_refused(api: Client, body, status: int) -> None:
    assert api.post("/api/v1/orders/", body, content_type="application/json").status_code == status


def test_a_draft_does_not_exist(api: Client) -> None:
    body = {"product": str(DraftProductFactory().pk)}

    assert api.post("/api/v1/orders/", body, content_type="application/json").status_code == 404


def test_the_list_has_the_buyer_s_orders_alone_and_is_filtered(api: Client, buyer: User) -> None:
    pending, paid = OrderFactory(placed_by=buyer), PaidOrderFactory(placed_by=buyer)
    other = PaidOrderFactory()

    assert [row["id"] for row in api.get("/api/v1/orders/").json()["results"]] == [str(paid.pk), str(pending.pk)]
    assert [row["id"] for row in api.get("/api/v1/orders/?state=paid").json()["results"]] == [str(paid.pk)]
    assert [row["id"] for row in api.get(f"/api/v1/orders/?product={paid.product_id}").json()["results"]] == [str(paid.pk)]
    assert api.get(f"/api/v1/orders/?product={other.product_id}").json()["results"] == []
    assert api.get(f"/api/v1/orders/?product={other.pk}").json()["results"] == []
    assert api.get("/api/v1/orders/?state=lost").status_code == 400
    assert api.get(f"/api/v1/orders/{other.pk}/").status_code == 404


def test_without_a_token_there_is_nothing() -> None:
    assert Client().get("/api/v1/orders/").status_code == 401


def test_a_program_buys_for_somebody_else_who_is_mailed_once_it_is_paid(api: Client, product: Product, sandbox: Sandbox) -> None:
    asked = {"product": str(product.pk), "gift": {"email": "Kim@Example.test", "message": "Happy birthday."}}
    made = api.post("/api/v1/orders/", asked, content_type="application/json")

    order = Order.objects.get()
    assert (made.status_code, made.json()["gift"]) == (201, {"email": "kim@example.test", "message": "Happy birthday."})
    assert "gift" not in api.get("/api/v1/orders/").json()["results"][0]
    sandbox.press(order)
    reconcile_order(order_id=order.pk)
    assert OutgoingMail.objects.filter(key__startswith="gift", to="kim@example.test").count() == 1
    assert api.get("/api/v1/library/").json() == []


def test_a_gift_with_a_code_or_to_no_address_is_refused(api: Client, product: Product) -> None:
    for gift, status in (({"email": "nobody"}, 400), ("kim", 400)):
        assert (
            api.post("/api/v1/orders/", {"product": str(product.pk), "gift": gift}, content_type="application/json").status_code == status
        )
    asked = {"product": str(product.pk), "gift": {}, "code": DiscountFactory(seller=product.seller).code}
    assert api.post("/api/v1/orders/", asked, content_type="application/json").status_code == 409
    assert Order.objects.count() == 0
