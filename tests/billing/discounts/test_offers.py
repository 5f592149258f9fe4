"""Offers: a price of its own for one buyer, mailed to them, accepted once by them alone."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.organisations.models import Role
from accounts.people.errors import EmailNotVerified
from accounts.people.models import User
from accounts.privacy.handlers import forgotten_address
from billing.checkout.placing import place_order
from billing.discounts.errors import DiscountIsOver, DiscountUsedUp, InvalidDiscount, OfferForAnother
from billing.discounts.models import Discount
from billing.discounts.offers import make_offer
from billing.orders.models import Order
from billing.payments.reconcile import close_checkout
from billing.personal_data import export_billing, forget_addresses_of_orders
from common.money import Money
from marketplace.images.errors import NotYours
from marketplace.products.errors import ProductNotOffered
from marketplace.products.models import Product
from marketplace.products.services.prices import set_price
from outbox.mail.models import OutgoingMail
from tests.billing.conftest import person_of
from tests.factories.accounts import MembershipFactory, OrganisationSellerFactory, UserFactory
from tests.factories.billing import OfferFactory
from tests.factories.marketplace import EntitlementFactory, FreeProductFactory, NamespaceFactory, ProductFactory

pytestmark = pytest.mark.django_db
NOW = timezone.now()
SOON = NOW + timedelta(days=7)
FOUR = Money(400, "eur")


@pytest.fixture
def product() -> Product:
    """A product of €5.00."""
    return ProductFactory()


@pytest.fixture
def kim() -> User:
    return UserFactory(email="kim@harbour.example")


def offer(product: Product, **values: Any) -> Discount:
    terms: dict[str, Any] = {"price": FOUR, "to": "Kim@Harbour.example", "ends_at": SOON}
    return make_offer(product=product, actor=person_of(product.seller), **terms | values)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_an_offer_is_mailed_and_accepted_at_its_price(product: Product, kim: User) -> None:
    made = offer(product)
    mail = OutgoingMail.objects.get()
    assert (mail.to, f"/billing/offers/{made.pk}/" in mail.body_text, "€4.00" in mail.subject) == ("kim@harbour.example", True, True)
    page = signed_in(kim).get(f"/billing/offers/{made.pk}/").content.decode()
    assert "€4.00" in page
    assert "<s>€5.00</s>" in page

    order = place_order(product=product, user=kim, discount=made)

    assert (order.money, order.discount, order.discount_code, order.fee) == (FOUR, Money(100, "eur"), "", Money(40, "eur"))


def test_an_offer_of_nothing_is_theirs_in_the_browser(product: Product, kim: User, holds: Any) -> None:
    made = offer(product, price=Money(0, "eur"))

    answer = signed_in(kim).post(f"/billing/offers/{made.pk}/")

    order = Order.objects.get()
    assert (answer.status_code, answer["Location"].endswith(f"/billing/return/{order.pk}/")) == (303, True)
    assert (order.state, holds(kim)) == ("paid", [product.images.get().repository])


@pytest.mark.parametrize("verified", [True, False], ids=["another address", "the address, not verified"])
def test_only_its_addressee_sees_and_accepts_an_offer(product: Product, *, verified: bool) -> None:
    made = offer(product)
    stranger = UserFactory() if verified else UserFactory(email="kim@harbour.example", verified=False)
    if not verified:
        stranger.emailaddress_set.create(email="mine@harbour.example", verified=True)

    with pytest.raises(OfferForAnother):
        place_order(product=product, user=stranger, discount=made)
    client = signed_in(stranger)
    assert [client.get(f"/billing/offers/{made.pk}/").status_code, client.post(f"/billing/offers/{made.pk}/").status_code] == [404, 404]

    assert not Order.objects.exists()


def test_an_offer_is_accepted_once_and_again_only_if_it_was_not_paid(product: Product, kim: User) -> None:
    made = offer(product)
    first = place_order(product=product, user=kim, discount=made)
    assert place_order(product=product, user=kim, discount=made) == first

    close_checkout(order_id=first.pk)
    second = place_order(product=product, user=kim, discount=made)
    Order.objects.filter(pk=second.pk).update(state="paid", paid_at=NOW)

    with pytest.raises(DiscountUsedUp):
        place_order(product=product, user=kim, discount=made)
    assert Order.objects.count() == 2


def test_an_offer_is_refused_after_its_end(product: Product, kim: User) -> None:
    made = OfferFactory(seller=product.seller, product=product, starts_at=NOW - timedelta(days=2), ends_at=NOW - timedelta(days=1))

    with pytest.raises(DiscountIsOver):
        place_order(product=product, user=kim, discount=made)

    assert not Order.objects.exists()
    client = signed_in(kim)
    assert b"This offer has ended" in client.get(f"/billing/offers/{made.pk}/").content
    assert client.post(f"/billing/offers/{made.pk}/").status_code == 303
    assert not Order.objects.exists()
    Discount.objects.filter(pk=made.pk).update(ends_at=SOON, paused_at=NOW)
    assert b"has paused this offer" in client.get(f"/billing/offers/{made.pk}/").content


@pytest.mark.parametrize("paused", [False, True])
def test_what_its_addressee_has_by_now_is_not_offered_any_more(product: Product, kim: User, *, paused: bool) -> None:
    made, client = offer(product), signed_in(kim)
    EntitlementFactory(holder=kim.account, image=product.images.get(), suspended_at=NOW if paused else None)

    page = client.get(f"/billing/offers/{made.pk}/").content.decode()

    assert ("You have this already." in page, "Accept and pay" in page) == (True, False)


def test_an_offer_to_an_address_is_accepted_for_whichever_account_lacks_it(product: Product, kim: User) -> None:
    made, client = offer(product), signed_in(kim)
    firm = MembershipFactory(user=kim, role=Role.OWNER).account
    EntitlementFactory(holder=kim.account, image=product.images.get())

    answer = client.get(f"/billing/offers/{made.pk}/")

    assert (answer.context["buyers"], "Accept and pay" in answer.content.decode()) == ([firm], True)
    EntitlementFactory(holder=firm, image=product.images.get())
    assert "Accept and pay" not in client.get(f"/billing/offers/{made.pk}/").content.decode()


def test_an_offer_to_an_organisation_that_has_it_says_so(product: Product) -> None:
    owner = MembershipFactory(role=Role.OWNER)
    made = offer(product, to=owner.account.handle)
    EntitlementFactory(holder=owner.account, image=product.images.get())

    page = signed_in(owner.user).get(f"/billing/offers/{made.pk}/").content.decode()

    assert (f"{owner.account.name} has this." in page, "Accept and pay" in page) == (True, False)


def test_an_offer_to_an_organisation_is_accepted_for_it_alone(product: Product) -> None:
    owner = MembershipFactory(role=Role.OWNER)
    made = offer(product, to=owner.account.handle)
    assert OutgoingMail.objects.get().to == owner.user.email
    page = signed_in(owner.user).get(f"/billing/offers/{made.pk}/").content.decode()
    assert f'name="buyer" value="{owner.account.handle}"' in page
    with pytest.raises(OfferForAnother):
        place_order(product=product, user=owner.user, discount=made)
    assert not Order.objects.exists()

    assert place_order(product=product, user=owner.user, buyer=owner.account, discount=made).money == FOUR


def test_an_offer_to_a_person_by_their_handle_is_mailed_to_them(product: Product, kim: User) -> None:
    made = offer(product, to=kim.account.handle.upper())

    assert (made.account, made.email, OutgoingMail.objects.get().to) == (kim.account, "", kim.email)
    assert place_order(product=product, user=kim, discount=made).money == FOUR


def test_whoever_is_offered_more_than_it_costs_by_now_pays_what_it_costs(product: Product, kim: User) -> None:
    made = offer(product)
    set_price(product=product, money=Money(300, "eur"), actor=person_of(product.seller))

    order = place_order(product=product, user=kim, discount=made)

    assert (order.amount, order.discount_amount) == (300, 0)
    page = signed_in(kim).get(f"/billing/offers/{made.pk}/").content.decode()
    assert ("<s>" in page, '<p class="amount">€3.00</p>' in page) == (False, True)
    assert "It was offered to you for €4.00, and costs everybody less by now." in page


@pytest.mark.parametrize(
    ("values", "field"),
    [
        pytest.param({"to": "nobody-has-this"}, "email", id="no such handle"),
        pytest.param({"to": "a\x00b"}, "email", id="no handle"),
        pytest.param({"to": "kim@"}, "email", id="no address"),
        pytest.param({"price": Money(299, "eur")}, "amount", id="below the smallest price"),
        pytest.param({"price": Money(501, "eur")}, "amount", id="dearer than for everybody"),
        pytest.param({"price": Money(400, "usd")}, "currency", id="in another currency"),
        pytest.param({"ends_at": NOW - timedelta(days=1)}, "ends_at", id="over already"),
    ],
)
def test_an_offer_that_makes_no_sense_is_neither_made_nor_mailed(product: Product, values: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidDiscount) as refused:
        offer(product, **values)

    assert (refused.value.field, Discount.objects.count(), OutgoingMail.objects.count()) == (field, 0, 0)


def test_an_offer_may_cost_what_everybody_pays(product: Product) -> None:
    assert offer(product, price=Money(500, "eur")).money == Money(500, "eur")


@pytest.mark.parametrize("to", ["seller", "handle", "member", "member's handle"])
def test_nothing_is_offered_to_who_sells_it(to: str) -> None:
    member = MembershipFactory(role=Role.MEMBER)
    seller = OrganisationSellerFactory(account=member.account)
    owner = MembershipFactory(account=seller.account, role=Role.OWNER)
    product = ProductFactory(namespace=NamespaceFactory(owner=seller.account))
    named = {
        "seller": owner.user.email,
        "handle": seller.account.handle,
        "member": member.user.email,
        "member's handle": member.user.account.handle,
    }

    with pytest.raises(InvalidDiscount, match="Whoever sells it can pull it already") as refused:
        make_offer(product=product, price=FOUR, to=named[to], ends_at=SOON, actor=owner.user)

    assert (refused.value.field, Discount.objects.count(), OutgoingMail.objects.count()) == ("email", 0, 0)


def test_only_what_has_a_price_is_offered_by_whom_it_belongs_to(product: Product) -> None:
    with pytest.raises(InvalidDiscount):
        offer(FreeProductFactory())
    with pytest.raises(ProductNotOffered):
        offer(ProductFactory(state="withdrawn"))
    with pytest.raises(NotYours):
        make_offer(product=product, price=FOUR, to="kim@harbour.example", ends_at=SOON, actor=UserFactory())
    person_of(product.seller).emailaddress_set.update(verified=False)
    with pytest.raises(EmailNotVerified):
        offer(product)

    assert (Discount.objects.count(), OutgoingMail.objects.count()) == (0, 0)


def test_the_addressee_gets_their_offers_with_their_data_and_is_forgotten(product: Product, kim: User) -> None:
    made = offer(product)

    assert [one["email"] for one in export_billing(kim)["offers"]] == ["kim@harbour.example"]
    of_seller = export_billing(person_of(product.seller))
    assert (of_seller["offers"], [(one["amount"], "email" in one) for one in of_seller["discounts"]]) == ([], [(400, False)])

    forget_addresses_of_orders(kim.account)
    made.refresh_from_db()
    assert made.email == forgotten_address(kim)
