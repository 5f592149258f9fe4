"""What is credited is said before it is bought, and on everything that tells of the order."""

import pytest
from django.test import Client

from accounts.people.models import User
from billing.checkout.opening import sale_of
from billing.checkout.placing import place_order
from billing.invoices.services import issue_invoice
from billing.orders.models import Order
from common.db.locking import locked_transaction
from marketplace.products.selectors.pages import product_url
from tests.billing.conftest import person_of
from tests.billing.credits.conftest import Shelf, paid
from tests.factories.accounts import AccessTokenFactory, MembershipFactory, UserFactory
from tests.factories.billing import PAYMENT, DiscountFactory, PaidOrderFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def both(shelf: Shelf, buyer: User, earlier: Order) -> Order:
    """Bought for €3.00, for €5.00 were credited."""
    return paid(place_order(product=shelf.both, user=buyer))


def read(user: User, url: str, **query: str) -> str:
    client = Client()
    client.force_login(user)
    response = client.get(url, query)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_the_page_says_what_is_credited_and_what_the_reader_pays(shelf: Shelf, buyer: User, earlier: Order) -> None:
    text = read(buyer, product_url(shelf.both))

    assert "<strong>You pay €3.00.</strong> €5.00 are credited for what you have bought of it before." in text
    assert text.partition('<div class="buybar">')[2].partition("</p>")[0].endswith("<strong>€3.00</strong>")
    assert "are credited" not in read(UserFactory(), product_url(shelf.both))
    assert "are credited" not in Client().get(product_url(shelf.both)).content.decode()


def test_who_buys_for_several_reads_it_beside_each(shelf: Shelf, buyer: User, earlier: Order) -> None:
    team = MembershipFactory(user=buyer, role="owner").account
    PaidOrderFactory(product=shelf.two, placed_by=buyer, buyer=team, amount=450)

    text = read(buyer, product_url(shelf.both))

    assert "pays €3.00: €5.00 are credited" in text
    assert "pays €3.50: €4.50 are credited" in text
    assert "You pay" not in text


def test_with_a_code_nobody_reads_what_they_would_pay_without_it(shelf: Shelf, buyer: User, earlier: Order) -> None:
    MembershipFactory(user=buyer, role="owner")
    DiscountFactory(seller=shelf.all.seller, code="AUTUMN", percent=10)

    assert "pays €7.00: €5.00 are credited" in read(buyer, product_url(shelf.all))
    text = read(buyer, product_url(shelf.all), code="autumn")

    assert 'name="code" value="AUTUMN"' in text
    assert "are credited" not in text


def test_a_code_in_the_address_shows_what_is_paid_after_the_credit(shelf: Shelf, buyer: User, earlier: Order) -> None:
    DiscountFactory(seller=shelf.all.seller, code="AUTUMN", percent=10)

    assert "€6.30" in read(buyer, product_url(shelf.all), code="autumn")  # 10 % off the €7.00 that are left of €12.00


def test_order_and_receipt_and_invoice_say_from_what(shelf: Shelf, buyer: User, earlier: Order, both: Order) -> None:
    page = read(buyer, f"/orders/{both.pk}/")
    assert f'<a href="/orders/{earlier.pk}/">{shelf.one.title}, {earlier.number}</a>' in page
    assert "−€5.00" in page

    with locked_transaction():
        invoice = issue_invoice(both, PAYMENT)
    assert [(line["amount"], line["details"]) for line in invoice.content["lines"]] == [
        (800, sorted(image.repository for image in shelf.both.images.all())),
        (-500, [f"{earlier.number} {shelf.one.title}"]),
    ]
    assert sale_of(both).note.startswith("€5.00 of the price of €8.00 were credited for what you have bought before. The price includes")


def test_the_seller_reads_it_with_the_sale_and_before_refunding_the_earlier_one(shelf: Shelf, earlier: Order, both: Order) -> None:
    seller = person_of(shelf.one.seller)

    assert f"{shelf.one.title}, {earlier.number}" in read(seller, f"/selling/orders/{both.pk}/")
    assert f"{shelf.both.title}, {both.number}" in read(seller, f"/selling/orders/{earlier.pk}/")
    assert "If you give all of it back, its images end there as well" in read(seller, f"/selling/orders/{earlier.pk}/refund/")
    assert "Credit −€5.00" in read(seller, "/selling/orders/")


def test_the_buyer_reads_why_they_do_not_give_it_back_alone(buyer: User, earlier: Order, both: Order) -> None:
    Order.objects.update(unpulled_refund_days=14)

    page = read(buyer, f"/orders/{earlier.pk}/refund/")

    assert f'<a href="/orders/{both.pk}/">order {both.number}</a>' in page
    assert f"Not by yourself: what you paid was credited for order {both.number}." in read(buyer, f"/orders/{earlier.pk}/")


def test_the_api_says_what_was_credited(buyer: User, earlier: Order, both: Order) -> None:
    client = Client(headers={"Authorization": f"Bearer {AccessTokenFactory(user=buyer).secret}"})

    found = client.get(f"/api/v1/orders/{both.pk}/").json()

    assert (found["credit_amount"], found["credits"]) == (500, [{"order": str(earlier.pk), "amount": 500}])
    assert client.get("/api/v1/orders/").json()["results"][0]["credit_amount"] == 500


def test_staff_read_from_what_and_for_what(earlier: Order, both: Order) -> None:
    staff = UserFactory(staff=True, is_superuser=True)

    assert f"{earlier.number} made it cheaper" in read(staff, f"/admin/billing/order/{both.pk}/change/")
    assert f"it made {both.number} cheaper" in read(staff, f"/admin/billing/order/{earlier.pk}/change/")
