"""A gift costs what its buyer is shown: in their currency, and what they want to pay where its seller lets them decide."""

import pytest
from django.test import Client

from accounts.people.models import User
from billing.checkout.amounts import least_payment
from billing.checkout.placing import place_order
from billing.gifts.models import OrderGift
from billing.orders.models import Order
from common.money import Money
from marketplace.products.models import Price, Product
from marketplace.products.services.prices import NewPrice, set_price, set_prices
from tests.billing.conftest import person_of
from tests.support.pages import assert_sound
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def client(buyer: User) -> Client:
    client = Client()
    client.force_login(buyer)
    return client


def price(product: Product, *prices: tuple[int, str], kind: str = Price.Kind.ONE_OFF) -> list[Price]:
    wanted = [NewPrice(Money(amount, code), kind) for amount, code in prices]
    return set_prices(product=product, prices=wanted, actor=person_of(product.seller))


def shown(client: Client, product: Product) -> str:
    answer = client.get(f"/billing/give/{product.pk}/")
    assert_sound(answer)
    return answer.content.decode()


def test_the_readers_currency_is_shown_and_sold(client: Client, product: Product, buyer: User, sandbox: Sandbox) -> None:
    _, usd = price(product, (500, "eur"), (900, "usd"))
    assert "Pay €5.00 and give it" in shown(client, product)

    client.post("/account/currency", {"currency": "usd"})
    html = shown(client, product)
    assert ("Pay $9.00 and give it" in html, f'value="{usd.pk}"' in html, 'value="eur"' in html) == (True, True, True)
    client.post(f"/billing/give/{product.pk}/", {"price": usd.pk, "email": ""})

    order = Order.objects.get()
    assert (order.price, order.amount, sandbox.session_of(order)["currency"]) == (usd, 900, "usd")


def test_a_price_that_changed_meanwhile_is_said_and_nothing_is_sold(client: Client, product: Product) -> None:
    old = product.prices.get()
    price(product, (900, "eur"))

    answer = client.post(f"/billing/give/{product.pk}/", {"price": old.pk, "email": ""})

    html = answer.content.decode()
    assert (answer.status_code, "The price has changed" in html, "Pay €9.00 and give it" in html) == (409, True, True)
    assert not Order.objects.exists()


def test_the_buyer_decides_what_they_pay_and_it_is_charged(client: Client, product: Product, sandbox: Sandbox) -> None:
    (made,) = price(product, (500, "eur"), kind=Price.Kind.PAY_WHAT_YOU_WANT)
    assert 'name="amount"' in shown(client, product)

    client.post(f"/billing/give/{product.pk}/", {"price": made.pk, "amount": "7.50", "email": ""})

    order = Order.objects.get()
    assert (order.amount, sandbox.session_of(order)["amount_total"]) == (750, 750)


@pytest.mark.parametrize("amount", ["0", "4.99", "much", ""])
@pytest.mark.parametrize("least", [0, 500])
def test_an_amount_that_is_nothing_or_too_little_is_refused(client: Client, product: Product, least: int, amount: str) -> None:
    (made,) = price(product, (least, "eur"), kind=Price.Kind.PAY_WHAT_YOU_WANT)
    if not least and amount == "4.99":
        amount = "0.01"

    answer = client.post(f"/billing/give/{product.pk}/", {"price": made.pk, "amount": amount, "email": "kim@example.test"})

    html = answer.content.decode()
    assert (answer.status_code, "Nothing was charged." in html, "Pay nothing" in html) == (422, True, not least and amount == "0.01")
    assert ('value="kim@example.test"' in html, f'value="{amount}"' in html or not amount) == (True, True)
    assert not Order.objects.exists()


def test_an_amount_stays_beside_another_fault_and_is_not_called_wrong(client: Client, product: Product) -> None:
    (made,) = price(product, (0, "eur"), kind=Price.Kind.PAY_WHAT_YOU_WANT)

    html = client.post(f"/billing/give/{product.pk}/", {"price": made.pk, "amount": "7.50", "email": "no address"}).content.decode()

    field = html[html.index('id="pay"') :].partition(">")[0]
    assert ('value="7.50"' in field, "aria-invalid" in field) == (True, False)
    assert ("0 for nothing" in html, f"{least_payment(made)} or more." in html) == (False, True)


def test_what_is_paid_by_the_month_is_no_gift_and_the_page_says_so(client: Client, product: Product, buyer: User) -> None:
    for_oneself = place_order(product=product, user=buyer)
    set_price(product=product, money=Money(500, "eur"), actor=person_of(product.seller), interval=Price.Interval.MONTH)

    beside = client.post(f"/billing/give/{product.pk}/", {"email": "kim@example.test"})
    assert list(Order.objects.values_list("pk", "state")) == [(for_oneself.pk, "pending")]
    Order.objects.update(state="expired")
    alone = client.post(f"/billing/give/{product.pk}/", {"email": "kim@example.test"})

    assert [(answer.status_code, "cannot be given to somebody" in answer.content.decode()) for answer in (beside, alone)] == [
        (409, True)
    ] * 2
    assert (Order.objects.count(), OrderGift.objects.count()) == (1, 0)
    assert "Give it to somebody" not in client.get(f"/{product.namespace.name}/{product.slug}").content.decode()


@pytest.mark.parametrize(("kind", "links"), [(Price.Kind.PAY_WHAT_YOU_WANT, 1), (Price.Kind.ONE_OFF, 0)])
def test_the_products_page_leads_there_where_something_can_be_paid(client: Client, product: Product, kind: str, links: int) -> None:
    price(product, (0, "eur"), kind=kind)

    html = client.get(f"/{product.namespace.name}/{product.slug}").content.decode()

    assert html.count(f'href="/billing/give/{product.pk}/"') == links
