"""Discounts of products with several prices, or with one that buyers decide; and what an invoice says of them."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation

from accounts.people.models import User
from billing.checkout.amounts import Wish
from billing.checkout.placing import place_order
from billing.discounts.errors import BuyerDecides, DiscountInOtherCurrency, DiscountNotForSubscriptions, InvalidDiscount
from billing.discounts.models import Discount
from billing.discounts.offers import make_offer
from billing.discounts.services import end_discount
from billing.invoices.services import issue_invoice
from billing.orders.models import Order
from billing.payments.due import book_unbooked_orders
from common.money import Money
from marketplace.entitlements.models import Entitlement
from marketplace.products.models import Price, Product
from marketplace.products.selectors.pages import product_url
from marketplace.products.services.prices import set_price
from tests.billing.conftest import person_of
from tests.factories.accounts import UserFactory
from tests.factories.billing import PAYMENT, DiscountFactory, OfferFactory, PaidOrderFactory
from tests.factories.marketplace import PriceFactory, ProductFactory

pytestmark = pytest.mark.django_db
SOON = timezone.now() + timedelta(days=7)


@pytest.fixture
def product() -> Product:
    """A product of €5.00 or $8.00."""
    made: Product = ProductFactory()
    PriceFactory(product=made, amount=800, currency="usd", leading=False)
    return made


@pytest.fixture
def generous() -> Product:
    """A product for which buyers pay €5.00 or more, as they want."""
    made: Product = ProductFactory(price=False)
    PriceFactory(product=made, amount=500, kind=Price.Kind.PAY_WHAT_YOU_WANT)
    return made


@pytest.fixture
def buyer() -> User:
    return UserFactory(email="kim@harbour.example")


def signed_in(user: User, **headers: str) -> Client:
    client = Client(headers=headers)
    client.force_login(user)
    return client


def in_dollars(product: Product) -> Wish:
    return Wish(product.prices.get(currency="usd").pk)


def test_a_percentage_is_taken_off_the_price_that_was_shown(product: Product, buyer: User) -> None:
    code = DiscountFactory(seller=product.seller, percent=50)

    order = place_order(product=product, user=buyer, wish=in_dollars(product), discount=code)

    assert (order.money, order.discount, order.fee) == (Money(400, "usd"), Money(400, "usd"), Money(40, "usd"))


def test_an_amount_is_taken_off_prices_in_its_own_currency_alone(product: Product, buyer: User) -> None:
    code = DiscountFactory(seller=product.seller, off=True, currency="usd", code="AUTUMN")
    with pytest.raises(DiscountInOtherCurrency):
        place_order(product=product, user=buyer, discount=code)
    assert not Order.objects.exists()

    assert place_order(product=product, user=buyer, wish=in_dollars(product), discount=code).money == Money(700, "usd")
    url = product_url(product)
    assert "This code is for prices in USD" in Client(headers={"accept-language": "en-IE"}).get(url, {"code": "AUTUMN"}).content.decode()
    assert "$7.00" in Client(headers={"accept-language": "en-US"}).get(url, {"code": "AUTUMN"}).content.decode()


def test_a_page_sends_the_price_that_it_showed_with_the_code(product: Product, buyer: User) -> None:
    DiscountFactory(seller=product.seller, percent=100, code="GIVEN")

    answer = signed_in(buyer).post(f"/billing/buy/{product.pk}/", {"price": in_dollars(product).price_id, "code": "given"})

    order = Order.objects.get()
    assert (answer.status_code, order.state, order.discount) == (303, "paid", Money(800, "usd"))


@pytest.mark.parametrize("again", ["with the code", "without it", "after the code has ended"])
def test_a_reduced_order_stays_open_at_the_next_click(product: Product, buyer: User, again: str) -> None:
    code = DiscountFactory(seller=product.seller, percent=50)
    order = place_order(product=product, user=buyer, wish=in_dollars(product), discount=code)
    if again == "after the code has ended":
        end_discount(discount=code, actor=person_of(product.seller))

    same = place_order(product=product, user=buyer, wish=in_dollars(product), discount=code if again == "with the code" else None)

    assert (same, same.state, same.amount) == (order, "pending", 400)


def test_an_order_in_another_currency_is_closed_also_if_it_is_reduced(product: Product, buyer: User) -> None:
    code = DiscountFactory(seller=product.seller, percent=50, most_uses=1)
    euros = place_order(product=product, user=buyer, discount=code)

    order = place_order(product=product, user=buyer, wish=in_dollars(product), discount=code)

    euros.refresh_from_db()
    assert (euros.state, order.money) == ("expired", Money(400, "usd"))


def test_where_buyers_decide_no_code_counts_and_the_page_says_so(generous: Product, buyer: User) -> None:
    code = DiscountFactory(seller=generous.seller, code="AUTUMN")
    before = place_order(product=generous, user=buyer, wish=Wish(amount=700))

    with pytest.raises(BuyerDecides):
        place_order(product=generous, user=buyer, wish=Wish(amount=700), discount=code)

    assert list(Order.objects.values_list("pk", "state", "amount")) == [(before.pk, "pending", 700)]
    client, sentence = signed_in(buyer), "Here you decide yourself what you pay, so codes and offers do not count."
    page = client.get(product_url(generous), {"code": "AUTUMN"}).content.decode()
    assert (sentence in page, "Have a code?" in page) == (True, False)
    answer = client.post(f"/billing/buy/{generous.pk}/", {"amount": "7", "code": "AUTUMN"}, follow=True)
    assert sentence in answer.content.decode()
    assert Order.objects.count() == 1


def test_a_code_of_single_purchases_takes_nothing_off_what_is_paid_by_the_month_and_the_page_says_so(buyer: User) -> None:
    monthly = ProductFactory(price__interval=Price.Interval.MONTH)
    code = DiscountFactory(seller=monthly.seller, code="AUTUMN")

    with pytest.raises(DiscountNotForSubscriptions):
        place_order(product=monthly, user=buyer, discount=code)
    with pytest.raises(InvalidDiscount) as refused:
        make_offer(product=monthly, price=Money(400, "eur"), to=buyer.email, ends_at=SOON, actor=person_of(monthly.seller))

    assert (refused.value.field, Order.objects.count(), list(Discount.objects.all())) == ("product", 0, [code])
    client, sentence = signed_in(buyer), "This code does not count for what is paid by the month or the year. Subscribe without the code."
    page = client.get(product_url(monthly), {"code": "AUTUMN"}).content.decode()
    assert (sentence in page, "Have a code?" in page) == (True, True)
    answer = client.post(f"/billing/buy/{monthly.pk}/", {"code": "AUTUMN"}, follow=True)
    assert (sentence in answer.content.decode(), Order.objects.count()) == (True, 0)


def test_an_offer_is_made_in_any_currency_of_its_product_and_accepted_at_that_price(product: Product, buyer: User) -> None:
    made = make_offer(product=product, price=Money(0, "usd"), to=buyer.email, ends_at=SOON, actor=person_of(product.seller))
    client = signed_in(buyer)
    assert "$8.00" in client.get(f"/billing/offers/{made.pk}/").content.decode()

    assert client.post(f"/billing/offers/{made.pk}/").status_code == 303

    order = Order.objects.get()
    assert (order.state, order.discount) == ("paid", Money(800, "usd"))


@pytest.mark.parametrize(("currency", "field"), [("gbp", "currency"), ("eur", "product")])
def test_nothing_is_offered_in_a_currency_that_a_product_lacks_or_where_buyers_decide(
    product: Product, generous: Product, currency: str, field: str
) -> None:
    offered = product if field == "currency" else generous

    with pytest.raises(InvalidDiscount) as refused:
        make_offer(product=offered, price=Money(400, currency), to="kim@harbour.example", ends_at=SOON, actor=person_of(offered.seller))

    assert (refused.value.field, Discount.objects.count()) == (field, 0)


def test_an_offer_in_a_currency_that_its_product_has_no_more_buys_nothing(product: Product, buyer: User) -> None:
    made = OfferFactory(seller=product.seller, product=product, currency="usd")
    set_price(product=product, money=Money(500, "eur"), actor=person_of(product.seller))
    client = signed_in(buyer)
    assert client.get(f"/billing/offers/{made.pk}/").status_code == 200

    answer = client.post(f"/billing/offers/{made.pk}/", follow=True)

    assert "The product has no price in USD any more." in answer.content.decode()
    assert not Order.objects.exists()


@pytest.mark.parametrize(("code", "says"), [("AUTUMN", "Discount AUTUMN"), ("", "Offer to you")])
def test_an_invoice_lists_the_price_and_the_discount_and_comes_to_what_was_paid(code: str, says: str) -> None:
    order = PaidOrderFactory(amount=400, discount_amount=100, discount_code=code)

    with translation.override("en"):
        invoice = issue_invoice(order, PAYMENT)

    assert [(line["text"], line["amount"]) for line in invoice.content["lines"]] == [(order.product_title, 500), (says, -100)]
    assert (invoice.amount, sum(line["amount"] for line in invoice.content["lines"])) == (400, 400)


def test_what_costs_nothing_has_nothing_to_book_and_no_invoice(product: Product, buyer: User, holds: Any) -> None:
    order = place_order(product=product, user=buyer, discount=DiscountFactory(seller=product.seller, percent=100))

    assert (order.booked_at is not None, order.documents.count(), len(holds(buyer))) == (True, 0, 1)
    Order.objects.update(due_at=timezone.now())
    assert book_unbooked_orders() == 0
    assert Entitlement.objects.get().source_id == order.pk
