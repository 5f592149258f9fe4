"""What a buyer is charged: the price that they were shown, and what they want to pay where its seller lets them decide."""

from uuid import UUID

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from accounts.people.models import User
from billing.checkout.amounts import Wish
from billing.checkout.errors import AmountRefused, ProductIsFree
from billing.checkout.opening import open_checkout
from billing.checkout.placing import place_order
from billing.orders.errors import SellerMayNotSell
from billing.orders.models import Order
from billing.payments.reconcile import reconcile_order
from billing.stripe.errors import StripeRefused
from common.currencies import CURRENCIES, LARGEST_CHARGE
from common.money import Money
from marketplace.entitlements.models import Entitlement
from marketplace.products.errors import PriceChanged
from marketplace.products.models import Price, Product
from marketplace.products.services.prices import NewPrice, set_prices, smallest_price
from tests.billing.conftest import person_of
from tests.factories.accounts import AccessTokenFactory, UserFactory
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)
NOBODY = UUID(int=7)


@pytest.fixture
def client(buyer: User) -> Client:
    client = Client()
    client.force_login(buyer)
    return client


def price(product: Product, *prices: tuple[int, str], kind: str = Price.Kind.ONE_OFF) -> list[Price]:
    wanted = [NewPrice(Money(amount, code), kind) for amount, code in prices]
    return set_prices(product=product, prices=wanted, actor=person_of(product.seller))


def decided_by_buyers(product: Product, *prices: tuple[int, str]) -> list[Price]:
    return price(product, *prices, kind=Price.Kind.PAY_WHAT_YOU_WANT)


def words_of(response) -> list[str]:
    return [message.message for message in get_messages(response.wsgi_request)]


def bought(client: Client, product: Product, **form: object):
    return client.post(f"/billing/buy/{product.pk}/", form)


def test_exactly_the_price_that_was_shown_is_sold(client: Client, product: Product, sandbox: Sandbox) -> None:
    _, usd = price(product, (500, "eur"), (900, "usd"))

    answer = bought(client, product, price=usd.pk)

    order = Order.objects.get()
    assert (answer["Location"], order.price, order.amount, order.currency) == (order.checkout_url, usd, 900, "usd")
    session = sandbox.session_of(order)
    assert (session["amount_total"], session["currency"]) == (900, "usd")


def test_a_price_that_changed_meanwhile_is_said_and_nothing_is_sold(client: Client, product: Product) -> None:
    shown = product.prices.get()
    price(product, (900, "eur"))

    answer = bought(client, product, price=shown.pk)

    assert (answer.status_code, answer["Location"]) == (303, f"/{product.namespace.name}/{product.slug}")
    assert words_of(answer) == ["The price has changed since you opened the page. Nothing was charged. Look at the new one, then buy."]
    assert not Order.objects.exists()


def test_a_change_of_price_touches_no_open_checkout(opened: Order, product: Product, buyer: User, sandbox: Sandbox) -> None:
    price(product, (900, "eur"), (950, "usd"))

    with pytest.raises(PriceChanged):
        place_order(product=product, user=buyer, wish=Wish(opened.price_id))

    opened.refresh_from_db()
    assert (opened.state, opened.amount, sandbox.session_of(opened)["status"]) == ("pending", 500, "open")
    sandbox.press(opened)
    assert (reconcile_order(order_id=opened.pk).state, Order.objects.count()) == ("paid", 1)


def test_an_open_checkout_goes_on_where_another_currency_comes_and_leads(opened: Order, product: Product, buyer: User) -> None:
    price(product, (900, "usd"), (500, "eur"))

    assert place_order(product=product, user=buyer, wish=Wish(opened.price_id)) == opened


def test_the_same_thing_in_another_currency_makes_way_for_the_first(opened: Order, product: Product, buyer: User) -> None:
    _, usd = price(product, (500, "eur"), (900, "usd"))

    order = place_order(product=product, user=buyer, wish=Wish(usd.pk))

    opened.refresh_from_db()
    assert (opened.state, order.currency, order.amount) == ("expired", "usd", 900)


@pytest.mark.parametrize("code", ["eur", "jpy", "kwd", "isk"])
def test_what_the_buyer_wants_to_pay_is_charged_and_stays_with_the_order(
    code: str, product: Product, buyer: User, sandbox: Sandbox, settings
) -> None:
    settings.LAYERSTORE_CURRENCIES, row = list(CURRENCIES), CURRENCIES[code]
    (made,) = decided_by_buyers(product, (row.smallest_price, code))
    amount = row.smallest_price + 3 * row.step

    order = place_order(product=product, user=buyer, wish=Wish(made.pk, amount))
    open_checkout(order=order)
    order.refresh_from_db()
    sandbox.press(order)
    price(product, (row.smallest_price, code))

    paid = reconcile_order(order_id=order.pk)
    assert (paid.state, paid.amount, paid.price, sandbox.session_of(order)["amount_total"]) == ("paid", amount, made, amount)
    assert paid.application_fee % row.step == 0


@pytest.mark.parametrize(
    ("least", "code", "amount"),
    [
        pytest.param(500, "eur", None, id="nothing said"),
        pytest.param(500, "eur", 0, id="nothing, where something is asked"),
        pytest.param(500, "eur", 499, id="less than the minimum"),
        pytest.param(500, "eur", -500, id="less than nothing"),
        pytest.param(500, "eur", LARGEST_CHARGE + 1, id="more than is charged"),
        pytest.param(0, "eur", None, id="nothing said, where nothing is enough"),
        pytest.param(0, "eur", 299, id="more than nothing, and less than is charged"),
        pytest.param(1000, "kwd", 1005, id="between two steps"),
    ],
)
def test_an_amount_that_may_not_be_paid_is_refused(
    least: int, code: str, amount: int | None, product: Product, buyer: User, settings
) -> None:
    settings.LAYERSTORE_CURRENCIES = list(CURRENCIES)
    (made,) = decided_by_buyers(product, (least, code))

    with pytest.raises(AmountRefused):
        place_order(product=product, user=buyer, wish=Wish(made.pk, amount))

    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("least", "typed", "sentence"),
    [
        pytest.param(500, "4.99", "Pay €5.00 or more, in figures: 5.00. Nothing was charged.", id="too little"),
        pytest.param(500, "much", "Pay €5.00 or more, in figures: 5.00. Nothing was charged.", id="no amount"),
        pytest.param(500, "5." + "0" * 20, "Pay €5.00 or more, in figures: 5.00. Nothing was charged.", id="endless"),
        pytest.param(0, "1", "Pay nothing, which is 0, or €3.00 or more, in figures: 3.00. Nothing was charged.", id="or nothing"),
        pytest.param(0, "", "Pay nothing, which is 0, or €3.00 or more, in figures: 3.00. Nothing was charged.", id="left empty"),
    ],
)
def test_a_refused_amount_is_said_on_the_page_and_stays_in_its_field(
    client: Client, product: Product, least: int, typed: str, sentence: str
) -> None:
    (made,) = decided_by_buyers(product, (least, "eur"))

    answer = bought(client, product, price=made.pk, amount=typed)

    page = client.get(answer["Location"].partition("#")[0]).content.decode()
    assert answer.status_code == 303
    assert sentence in page
    assert f'value="{typed[:12]}"' in page
    assert not Order.objects.exists()


def test_another_amount_makes_way_for_the_first_and_the_same_goes_on(product: Product, buyer: User) -> None:
    (made,) = decided_by_buyers(product, (500, "eur"))
    first = place_order(product=product, user=buyer, wish=Wish(made.pk, 600))
    open_checkout(order=first)

    again = place_order(product=product, user=buyer, wish=Wish(made.pk, 600))
    other = place_order(product=product, user=buyer, wish=Wish(made.pk, 700))

    first.refresh_from_db()
    assert (again, first.state, other.amount) == (first, "expired", 700)


def test_who_may_pay_nothing_and_wants_to_has_it_at_once(client: Client, product: Product, buyer: User, holds) -> None:
    (made,) = decided_by_buyers(product, (0, "eur"))

    answer = bought(client, product, price=made.pk, amount="0")

    assert (answer.status_code, answer["Location"]) == (303, "/library/")
    assert holds(buyer) == [product.images.get().repository]
    assert (Entitlement.objects.get().source_kind, Order.objects.count()) == ("free", 0)


def test_what_would_cost_nothing_is_no_order(product: Product, buyer: User) -> None:
    (made,) = decided_by_buyers(product, (0, "eur"))

    with pytest.raises(ProductIsFree):
        place_order(product=product, user=buyer, wish=Wish(made.pk, 0))

    assert not Order.objects.exists()


def test_a_program_buys_at_the_price_that_it_names_and_pays_what_it_wants(product: Product, buyer: User) -> None:
    _, usd = decided_by_buyers(product, (500, "eur"), (600, "usd"))
    program = Client(headers={"Authorization": f"Bearer {AccessTokenFactory(user=buyer).secret}"})

    def order(**body: object) -> tuple[int, dict[str, object]]:
        answer = program.post("/api/v1/orders/", {"product": str(product.pk), **body}, content_type="application/json")
        return answer.status_code, answer.json()

    assert order(price=str(NOBODY))[1]["code"] == "price_changed"
    assert order(price=str(usd.pk), amount=599)[1]["code"] == "amount_refused"
    assert order()[1]["code"] == "amount_refused"
    status, made = order(price=str(usd.pk), amount=1234)
    assert (status, made["amount"], made["currency"]) == (201, 1234, "usd")
    assert Order.objects.count() == 1


def test_a_currency_that_stripe_does_not_take_is_offered_no_more(product: Product, buyer: User, sandbox: Sandbox, settings) -> None:
    unknown = "xts"  # reserved for tests by ISO 4217
    _, made = price(product, (500, "eur"), (500, "usd"))
    order = place_order(product=product, user=buyer, wish=Wish(made.pk))
    Order.objects.filter(pk=order.pk).update(currency=unknown)

    with pytest.raises(StripeRefused) as refused:
        open_checkout(order=order)

    order.refresh_from_db()
    product.seller.refresh_from_db()
    assert "Choose another currency" in refused.value.message
    assert (order.state, product.seller.refused_currencies) == ("failed", [unknown])
    product.seller.refused_currencies = ["usd"]
    product.seller.save()
    with pytest.raises(SellerMayNotSell):
        place_order(product=product, user=UserFactory(), wish=Wish(made.pk))
    assert place_order(product=product, user=UserFactory()).currency == "eur"


def test_the_page_shows_the_price_that_its_form_sells_and_the_other_currencies(client: Client, product: Product) -> None:
    eur, usd = price(product, (500, "eur"), (900, "usd"))
    address = f"/{product.namespace.name}/{product.slug}"

    first = client.get(address).content.decode()
    second = client.get(address, headers={"Accept-Language": "en-US"}).content.decode()

    assert f'name="price" value="{eur.pk}"' in first
    assert 'name="currency" value="usd">$9.00</button>' in first
    assert f'name="price" value="{usd.pk}"' in second
    assert '"priceCurrency": "USD"' in second.replace('":"', '": "')


def test_a_field_proposes_what_its_seller_suggests(client: Client, product: Product) -> None:
    wanted = NewPrice(Money(500, "eur"), Price.Kind.PAY_WHAT_YOU_WANT, Money(1500, "eur"))
    set_prices(product=product, prices=[wanted], actor=person_of(product.seller))

    page = client.get(f"/{product.namespace.name}/{product.slug}").content.decode()

    assert 'value="15.00"' in page
    assert "€5.00 or more." in page
    assert smallest_price("eur") == Money(300, "eur")
