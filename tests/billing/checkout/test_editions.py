"""Buying one edition of a product: what is sold, copied, given and refused."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from accounts.people.models import User
from billing.checkout.amounts import Wish
from billing.checkout.errors import SubscribedToPart
from billing.checkout.opening import open_checkout
from billing.checkout.placing import place_order
from billing.discounts.errors import DiscountNotForProduct, DiscountNotForSubscriptions, InvalidDiscount
from billing.discounts.models import Discount
from billing.discounts.offers import make_offer
from billing.invoices.models import Document
from billing.orders.errors import AlreadyOwned
from billing.orders.models import Order
from billing.payments.reconcile import reconcile_order
from billing.subscriptions.models import Subscription
from common.money import Money
from marketplace.products.models import Edition, Price, Product
from marketplace.products.selectors.pages import product_url
from marketplace.products.services.editions import retire_edition
from outbox.mail.models import OutgoingMail
from tests.billing.conftest import person_of
from tests.factories.billing import DiscountFactory, OfferFactory, PaidOrderFactory, SubscriptionFactory
from tests.factories.marketplace import EditionFactory, PriceFactory, ProductFactory, PushedImageFactory
from tests.support.clients import api_of, client_of
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def product(product: Product) -> Product:
    """Standard has one image for €5.00, Pro both for €9.00."""
    images = [product.images.get(), PushedImageFactory(namespace=product.namespace)]
    divided: Product = ProductFactory(namespace=product.namespace, title="Postgres HA", images=images)
    EditionFactory(product=divided, name="Standard", images=images[:1], price__amount=500)
    EditionFactory(product=divided, name="Pro", images=images, price__amount=900)
    return divided


def wish(name: str) -> Wish:
    return Wish(Edition.objects.get(name=name).prices.get().pk)


@pytest.fixture
def buy(sandbox: Sandbox) -> Callable[[Product, User, str], Order]:
    def act(product: Product, user: User, name: str) -> Order:
        order = place_order(product=product, user=user, wish=wish(name))
        open_checkout(order=order)
        order.refresh_from_db()
        sandbox.press(order)
        return reconcile_order(order_id=order.pk)

    return act


def test_an_order_copies_the_edition_and_grants_its_images_alone(
    product: Product, buyer: User, buy: Callable[..., Order], holds: Callable[[User], list[str]]
) -> None:
    order = buy(product, buyer, "Standard")
    Edition.objects.filter(name="Standard").update(name="Basic")

    (image,) = Edition.objects.get(name="Basic").images.all()
    assert (order.state, order.amount, order.product_title) == ("paid", 500, "Postgres HA, Standard")
    assert (holds(buyer), [sold.image for sold in order.images.all()]) == ([image.repository], [image])
    assert "Postgres HA, Standard" in str(Document.objects.get(order=order).content)
    with pytest.raises(AlreadyOwned):
        place_order(product=product, user=buyer, wish=wish("Basic"))


def test_another_edition_takes_the_place_of_the_one_that_is_being_paid(product: Product, buyer: User) -> None:
    first = place_order(product=product, user=buyer, wish=wish("Standard"))
    assert place_order(product=product, user=buyer, wish=wish("Standard")) == first

    second = place_order(product=product, user=buyer, wish=wish("Pro"))

    first.refresh_from_db()
    assert (first.state, second.amount, second.images.count()) == ("expired", 900, 2)


def test_who_has_opened_the_checkout_of_an_edition_that_is_retired_can_pay_it(
    product: Product, buyer: User, sandbox: Sandbox, holds: Callable[[User], list[str]]
) -> None:
    order = place_order(product=product, user=buyer, wish=wish("Standard"))
    open_checkout(order=order)
    order.refresh_from_db()

    retire_edition(edition=Edition.objects.get(name="Standard"), actor=person_of(product.seller))
    sandbox.press(order)

    assert (reconcile_order(order_id=order.pk).state, len(holds(buyer))) == ("paid", 1)


def test_a_refusal_leads_back_to_the_edition(product: Product, buyer: User) -> None:
    client = Client()
    client.force_login(buyer)
    price = Edition.objects.get(name="Pro").prices.get()

    answer = client.post(f"/billing/buy/{product.pk}/", {"price": str(price.pk), "code": "NO-SUCH-CODE"})

    assert (answer.status_code, answer["Location"].partition("?")[2], Order.objects.count()) == (303, "edition=Pro", 0)


def test_a_gift_is_of_the_edition_that_was_chosen(product: Product, buyer: User) -> None:
    client = Client()
    client.force_login(buyer)
    page = client.get(f"/billing/give/{product.pk}/?edition=Pro")
    assert f'action="/billing/give/{product.pk}/?edition=Pro"' in page.content.decode()
    assert (page.context["price"].amount, page.context["edition"].name) == (900, "Pro")

    price = page.context["price"]
    answer = client.post(
        f"/billing/give/{product.pk}/", {"price": str(price.pk), "edition": "Pro", "email": "zoe@example.org", "message": ""}
    )

    order = Order.objects.get()
    assert (answer.status_code, order.product_title, order.images.count()) == (303, "Postgres HA, Pro", 2)


@pytest.fixture
def monthly(product: Product, buyer: User) -> Subscription:
    """The buyer's, to Standard; each edition is paid by the month."""
    for edition in Edition.objects.all():
        price = edition.prices.get()
        edition.prices.update(retired_at=timezone.now())
        PriceFactory(product=product, edition=edition, amount=price.amount, interval="month")
    standard = price_of("Standard")
    going_on: Subscription = SubscriptionFactory(product=product, price=standard, placed_by=buyer, product_title="Postgres HA, Standard")
    first = PaidOrderFactory(product=product, price=standard, placed_by=buyer, subscription=going_on)
    first.images.exclude(image=Edition.objects.get(name="Standard").images.get()).delete()
    going_on.buyer.entitlements.all().delete()
    return going_on


def price_of(name: str) -> Price:
    return Edition.objects.get(name=name).prices.get(retired_at=None)


def test_who_subscribes_to_an_edition_is_led_to_where_it_is_changed(product: Product, buyer: User, monthly: Subscription) -> None:
    pro = price_of("Pro")
    path = f"/subscriptions/{monthly.pk}/edition/?price={pro.pk}"

    with pytest.raises(SubscribedToPart) as refused:
        place_order(product=product, user=buyer, wish=Wish(pro.pk))
    answer = client_of(buyer).post(f"/billing/buy/{product.pk}/", {"price": str(pro.pk)})

    assert refused.value.message == (
        "You already pay for Postgres HA, Standard by the month or the year."
        f" Change that to this one: {settings.LAYERSTORE_PUBLIC_URL}{path} Nothing was charged."
    )
    assert (answer.status_code, answer["Location"], Order.objects.count()) == (303, path, 1)

    with pytest.raises(DiscountNotForSubscriptions):  # it would not count after the subscription's end either
        place_order(product=product, user=buyer, wish=Wish(pro.pk), discount=DiscountFactory(seller=product.seller))
    Subscription.objects.update(ends_with_period=True)
    assert place_order(product=product, user=buyer, wish=Wish(pro.pk)).amount == 900


@pytest.mark.parametrize("other", [{"interval": "year"}, {"currency": "usd"}], ids=str)
def test_where_a_subscription_cannot_change_to_it_the_page_says_to_cancel_first(
    product: Product, buyer: User, monthly: Subscription, other: dict[str, str]
) -> None:
    edition = Edition.objects.get(name="Pro")
    edition.prices.filter(retired_at=None).update(retired_at=timezone.now())
    pro = PriceFactory(product=product, edition=edition, amount=9_000, **{"interval": "month"} | other)

    answer = client_of(buyer).post(f"/billing/buy/{product.pk}/", {"price": str(pro.pk)})

    sentence = next(str(message) for message in get_messages(answer.wsgi_request))
    assert sentence.startswith(f"{monthly.product_title} is part of this, and you already pay for it by the month or the year. Cancel that")
    assert (answer.status_code, answer["Location"], Order.objects.count()) == (303, f"{product_url(product)}?edition=Pro", 1)


def offer(product: Product, to: str, edition: Edition | None = None, **changes: Any) -> Discount:
    ends, price = timezone.now() + timedelta(days=1), Money(300, "eur")
    terms = {"to": to, "ends_at": ends, "price": price, "edition": edition}
    return make_offer(product=product, actor=person_of(product.seller), **terms | changes)  # type: ignore[arg-type]  # of several types


def test_an_offer_is_for_the_edition_that_it_names_alone(product: Product, buyer: User) -> None:
    pro = Edition.objects.get(name="Pro")
    made = offer(product, buyer.email, pro, price=Money(600, "eur"))
    mail = OutgoingMail.objects.get()
    assert ("Postgres HA, Pro for €6.00" in mail.subject, "€9.00" in mail.body_text) == (True, True)
    with pytest.raises(DiscountNotForProduct):
        place_order(product=product, user=buyer, wish=wish("Standard"), discount=made)
    client = client_of(buyer)

    page = client.get(f"/billing/offers/{made.pk}/").content.decode()
    client.post(f"/billing/offers/{made.pk}/")

    assert ("An offer: Postgres HA, Pro" in page, "<s>€9.00</s>" in page) == (True, True)
    order = Order.objects.get()
    assert (order.product_title, order.amount, order.discount_amount, order.images.count()) == ("Postgres HA, Pro", 600, 300, 2)


def test_an_offer_names_one_of_the_editions_that_are_sold(product: Product, buyer: User) -> None:
    gone, elsewhere = Edition.objects.get(name="Standard"), EditionFactory(name="Pro")
    retire_edition(edition=gone, actor=person_of(product.seller))
    for edition in (None, gone, elsewhere):
        with pytest.raises(InvalidDiscount, match=r"Choose one of its editions: Pro\.") as refused:
            offer(product, buyer.email, edition)
        assert refused.value.field == "edition"
    with pytest.raises(InvalidDiscount, match="It is not sold in editions"):
        offer(ProductFactory(namespace=product.namespace), buyer.email, gone)
    assert not Discount.objects.exists()


def test_an_offer_of_the_whole_product_from_before_its_editions_buys_none(product: Product, buyer: User) -> None:
    before = OfferFactory(seller=product.seller, product=product, email=buyer.email)

    with pytest.raises(DiscountNotForProduct):
        place_order(product=product, user=buyer, wish=wish("Standard"), discount=before)
    assert Order.objects.count() == 0


def test_a_seller_names_the_edition_on_the_page_and_in_the_api(product: Product, buyer: User) -> None:
    seller, pro = person_of(product.seller), Edition.objects.get(name="Pro")
    address = f"{product.namespace.name}/{product.slug}"
    day = (timezone.now() + timedelta(days=3)).date().isoformat()
    typed = {"product": address, "email": buyer.email, "amount": "6", "currency": "eur", "ends_at": day}
    refused = client_of(seller).post("/selling/offers/new/", typed | {"edition": "Ultra"})
    assert "Choose one of its editions: Standard, Pro." in refused.content.decode()
    client_of(seller).post("/selling/offers/new/", typed | {"edition": "pro"})
    sent = {"product": str(product.pk), "edition": str(pro.pk), "email": buyer.email, "amount": 700, "currency": "eur"}
    answer = api_of(seller).post("/api/v1/discounts/offers/", sent | {"ends_at": f"{day}T00:00:00Z"}, content_type="application/json")

    assert (answer.status_code, answer.json()["edition"]) == (201, str(pro.pk))
    assert sorted(Discount.objects.values_list("edition__name", "amount")) == [("Pro", 600), ("Pro", 700)]
    assert "Postgres HA, Pro" in client_of(seller).get("/selling/discounts/").content.decode()
