"""Who has one edition of a product changes to a larger one for the difference, and reads so on its page and in the library."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.people.models import Account, User
from billing.checkout.amounts import Wish
from billing.checkout.placing import place_order
from billing.credits.showing import left_after_credit
from billing.orders.models import Order
from billing.payments.grants import follow_transition
from common.ids import new_id
from common.money import Money
from marketplace.gifts.models import Gift
from marketplace.growth.errors import NobodyToReach
from marketplace.growth.selectors import gifts_lacking, reach_of
from marketplace.growth.services import reach_earlier_buyers
from marketplace.images.models import Image
from marketplace.products.models import Edition, Price, Product
from marketplace.shopwindow import upgrades
from marketplace.shopwindow.upgrades import Sale, left_to_pay
from tests.billing.conftest import person_of
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.billing import PaidOrderFactory
from tests.factories.marketplace import EditionFactory, GiftFactory, NamespaceFactory, PriceFactory, ProductFactory, PushedImageFactory
from tests.support.pages import assert_sound

pytestmark = pytest.mark.django_db


@pytest.fixture
def buyer(db: None) -> User:
    return UserFactory()


@pytest.fixture
def reader(buyer: User) -> Client:
    client = Client()
    client.force_login(buyer)
    return client


def divided(title: str = "Postgres HA") -> Product:
    """Standard has one image for €5.00, Pro both for €9.00."""
    namespace = NamespaceFactory()
    images: list[Image] = PushedImageFactory.create_batch(2, namespace=namespace)
    product: Product = ProductFactory(namespace=namespace, title=title, slug="db", images=images)
    EditionFactory(product=product, name="Standard", images=images[:1], price__amount=500)
    EditionFactory(product=product, name="Pro", images=images, price__amount=900)
    return product


def price_of(product: Product, name: str) -> Price:
    return Edition.objects.get(product=product, name=name).prices.get(retired_at=None)


def buy(product: Product, name: str, user: User, buyer: Account | None = None) -> Order:
    """Buy an edition, as an observation of its payment does it."""
    order = place_order(product=product, user=user, buyer=buyer, wish=Wish(price_of(product, name).pk))
    order.state, order.paid_at = Order.State.PAID, timezone.now()
    order.save(update_fields=["state", "paid_at"])
    follow_transition(order, came_from=Order.State.PENDING, images=[sold.image for sold in order.images.all()])
    return order


def page_of(client: Client, product: Product, edition: str = "") -> str:
    return assert_sound(client.get(f"/{product.namespace.name}/db", {"edition": edition})).text


def library_of(client: Client) -> str:
    return assert_sound(client.get("/library/")).text


def test_who_has_standard_pays_the_difference_for_pro_and_reads_it_before(reader: Client, buyer: User) -> None:
    product = divided()
    buy(product, "Standard", buyer)

    assert "Upgrade to Pro for €4.00" in page_of(reader, product)
    assert "You pay €4.00. €5.00 are credited for what you have bought of it before." in page_of(reader, product, "Pro")
    assert library_of(reader).count("Upgrade to Pro for €4.00") == 1
    assert f'href="/{product.namespace.name}/db?edition=Pro"' in reader.get("/library/").content.decode()

    order = buy(product, "Pro", buyer)

    assert (order.money, order.credit, order.product_title) == (Money(400, "eur"), Money(500, "eur"), "Postgres HA, Pro")
    assert buyer.account.entitlements.in_force().values("image").distinct().count() == 2
    assert "Upgrade to" not in page_of(reader, product) + library_of(reader)


def test_an_edition_grows_for_none_of_its_buyers_when_the_product_does_for_those_of_the_whole(buyer: User) -> None:
    product = divided()
    (pro_alone,) = set(product.images.all()) - set(Edition.objects.get(name="Standard").images.all())
    buy(product, "Standard", buyer)
    GiftFactory(product=product, source_kind="order", source_id=new_id(), reason="")

    assert reach_of(product).lacking == []
    assert not gifts_lacking(product.pk, pro_alone.pk).exists()
    with pytest.raises(NobodyToReach):
        reach_earlier_buyers(product=product, image=pro_alone, actor=person_of(product.seller))
    assert not buyer.account.entitlements.filter(image=pro_alone).exists()

    given = GiftFactory(product=product)
    given.gift_images.filter(image=pro_alone).delete()
    assert gifts_lacking(product.pk, pro_alone.pk).get() == given


def test_a_gift_that_was_paid_for_grows_with_the_whole_product_and_never_as_one_of_its_editions(buyer: User) -> None:
    product = divided()
    pro_alone = product.images.exclude(pk__in=Edition.objects.get(name="Standard").images.all()).get()

    def given(price: Price) -> Gift:
        order = PaidOrderFactory(product=product, price=price)
        gift: Gift = GiftFactory(product=product, source_kind="order", source_id=order.pk, reason="")
        gift.gift_images.filter(image=pro_alone).delete()
        return gift

    whole = given(PriceFactory(product=product, amount=100, currency="usd", retired_at=timezone.now()))
    given(price_of(product, "Standard"))

    assert gifts_lacking(product.pk, pro_alone.pk).get() == whole
    Edition.objects.update(retired_at=timezone.now())
    assert gifts_lacking(product.pk, pro_alone.pk).get() == whole


def test_an_image_that_is_sold_alone_too_says_which_product_s_edition_is_meant(reader: Client, buyer: User) -> None:
    product = divided()
    (image,) = Edition.objects.get(name="Standard").images.all()
    alone = ProductFactory(namespace=product.namespace, title="Postgres alone", images=[image], price__amount=500)
    PaidOrderFactory(product=alone, placed_by=buyer, buyer=buyer.account)

    text = library_of(reader)

    assert ("Postgres alone" in text, "Upgrade to Postgres HA, Pro for €4.00" in text) == (True, True)


def test_who_has_nothing_reads_of_no_upgrade(reader: Client) -> None:
    product = divided()

    text = page_of(reader, product) + page_of(Client(), product)

    assert ("Choose Pro" in text, "Upgrade to" in text) == (True, False)


def test_what_an_organisation_has_bought_is_credited_to_it_and_shown_to_who_buys_for_it(reader: Client, buyer: User) -> None:
    product, acme = divided(), OrganisationFactory(name="Acme")
    MembershipFactory(account=acme, user=buyer, role="owner")
    member = UserFactory()
    MembershipFactory(account=acme, user=member, role="member")
    buy(product, "Standard", buyer, acme)

    assert "Upgrade to Pro for €4.00" in library_of(reader)
    assert "Upgrade to" not in page_of(reader, product)  # the card is for the reader alone
    client = Client()
    client.force_login(member)
    assert "Upgrade to" not in library_of(client)


@pytest.mark.parametrize("terms", [{"interval": "month"}, {"kind": "pwyw"}])
def test_nothing_is_credited_for_an_edition_that_is_paid_otherwise(reader: Client, buyer: User, terms: dict[str, str]) -> None:
    product = divided()
    buy(product, "Standard", buyer)
    pro = Edition.objects.get(name="Pro")
    pro.prices.update(retired_at=timezone.now())
    PriceFactory(product=product, edition=pro, amount=900, **terms)

    assert "Upgrade to" not in page_of(reader, product) + library_of(reader)


def test_each_seller_s_products_are_credited_by_themselves_in_as_many_statements(reader: Client, buyer: User) -> None:
    first, second = divided("First"), divided("Second")
    buy(first, "Standard", buyer)
    buy(second, "Standard", buyer)
    library_of(reader)
    with CaptureQueriesContext(connection) as two:
        assert library_of(reader).count("Upgrade to Pro for €4.00") == 2

    for _ in range(3):
        buy(divided(), "Standard", buyer)
    with CaptureQueriesContext(connection) as five:
        assert library_of(reader).count("Upgrade to Pro for €4.00") == 5
    assert len(five) == len(two)

    sale = Sale(price_of(first, "Pro"), frozenset(image.pk for image in first.images.all()))
    assert left_after_credit(buyer.account, [sale]) == {sale.price.pk: Money(400, "eur")}


def test_the_page_asks_as_much_for_any_number_of_editions_of_which_one_is_owned(reader: Client, buyer: User) -> None:
    product = divided()
    buy(product, "Standard", buyer)
    page_of(reader, product)
    with CaptureQueriesContext(connection) as few:
        page_of(reader, product)
    for number in range(4):
        EditionFactory(product=product, name=f"E{number}", price__amount=1_000 + number)
    with CaptureQueriesContext(connection) as more:
        assert page_of(reader, product).count("Upgrade to") == 5

    assert len(more) == len(few)


def test_where_nobody_knows_of_payments_nothing_is_credited(monkeypatch: pytest.MonkeyPatch, buyer: User) -> None:
    monkeypatch.setattr(upgrades, "_crediting", [])

    assert left_to_pay(buyer.account, [Sale(PriceFactory(), frozenset())]) == {}
