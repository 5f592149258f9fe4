"""How somebody stands to a product, alone and with organisations."""

import pytest
from django.test import Client
from django.utils import timezone

from accounts.organisations.models import Role
from accounts.people.models import Account, User
from marketplace.products.models import Product
from marketplace.products.selectors.pages import product_url
from marketplace.shopwindow.offer_state import OfferState, offer_state_of
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.marketplace import EntitlementFactory, FreeProductFactory, NamespaceFactory, ProductFactory, PushedImageFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def product() -> Product:
    return ProductFactory()


@pytest.fixture
def mira() -> User:
    return UserFactory(username="mira")


def give(product: Product, *accounts: Account, **fields: object) -> None:
    for account in accounts:
        EntitlementFactory(holder=account, image=product.images.get(), **fields)


def join(user: User, name: str, role: Role) -> Account:
    account: Account = OrganisationFactory(name=name)
    MembershipFactory(user=user, account=account, role=role)
    return account


def names(offer_state: OfferState) -> list[str]:
    return [party.account.name for party in offer_state.choices]


def test_a_stranger_sees_what_it_costs(product: Product) -> None:
    assert [offer_state_of(None, one).kind for one in (product, FreeProductFactory(), ProductFactory(price=False))] == [
        "sale",
        "free",
        "closed",
    ]
    assert offer_state_of(None, product).parties == ()


def test_somebody_without_an_organisation_is_not_asked(product: Product, mira: User) -> None:
    offer_state = offer_state_of(mira, product)

    assert (offer_state.kind, offer_state.choices, offer_state.first_choice, offer_state.pulls) == ("sale", [], None, False)
    give(product, mira.account)
    offer_state = offer_state_of(mira, product)
    assert (offer_state.kind, offer_state.choices, offer_state.pulls, offer_state.paid_twice) == ("held", [], True, None)


def test_a_member_is_not_asked_and_told_that_the_organisation_has_it(product: Product, mira: User) -> None:
    acme = join(mira, "Acme", Role.MEMBER)
    give(product, acme)

    offer_state = offer_state_of(mira, product)

    assert (offer_state.kind, offer_state.choices, offer_state.pulls) == ("sale", [], True)
    assert [party.account for party in offer_state.organisations_with_it] == [acme]
    assert offer_state.paid_twice is not None


@pytest.mark.parametrize("role", [Role.OWNER, Role.BILLING])
def test_who_buys_for_organisations_chooses_themselves_first(product: Product, mira: User, role: Role) -> None:
    join(mira, "Zeta", role)
    join(mira, "Acme", role)
    join(mira, "Beta", Role.MEMBER)

    offer_state = offer_state_of(mira, product)

    assert names(offer_state) == ["mira", "Acme", "Zeta"]
    assert offer_state.first_choice == mira.account
    assert [offer_state.chosen(handle) for handle in ("", "nobody")] == [mira.account, mira.account]
    assert [offer_state.chosen(party.account.handle) for party in offer_state.choices] == [party.account for party in offer_state.choices]


def test_what_they_have_themselves_is_offered_for_the_organisation(product: Product, mira: User) -> None:
    acme = join(mira, "Acme", Role.OWNER)
    give(product, mira.account)

    offer_state = offer_state_of(mira, product)

    assert (offer_state.kind, offer_state.first_choice, offer_state.pulls, offer_state.paid_twice) == ("sale", acme, True, None)
    give(product, acme)
    assert offer_state_of(mira, product).kind == "held"


@pytest.mark.parametrize(("role", "pulls"), [(Role.OWNER, True), (Role.BILLING, False)])
def test_only_who_pulls_already_is_warned_of_paying_twice(product: Product, mira: User, role: Role, *, pulls: bool) -> None:
    give(product, join(mira, "Acme", role))

    offer_state = offer_state_of(mira, product)

    assert (offer_state.kind, offer_state.pulls, offer_state.paid_twice is not None) == ("sale", pulls, pulls)
    assert offer_state.first_choice == mira.account


def test_what_is_not_for_sale_is_held_by_whom_an_organisation_has_it(product: Product, mira: User) -> None:
    acme = join(mira, "Acme", Role.BILLING)
    Product.objects.update(state="withdrawn")
    assert offer_state_of(mira, product).kind == "closed"
    give(product, acme)

    offer_state = offer_state_of(mira, product)

    assert (offer_state.kind, offer_state.pulls) == ("held", False)


@pytest.mark.parametrize("role", Role)
def test_a_product_of_an_organisation_is_own_to_everybody_in_it(product: Product, mira: User, role: Role) -> None:
    MembershipFactory(user=mira, account=product.seller.account, role=role)

    assert offer_state_of(mira, product).kind == "own"


def test_a_part_of_a_bundle_a_pause_and_an_end_are_not_having_it(mira: User) -> None:
    namespace = NamespaceFactory()
    first, second = (PushedImageFactory(namespace=namespace) for _ in range(2))
    bundle = ProductFactory(namespace=namespace, images=[first, second])
    acme = join(mira, "Acme", Role.OWNER)
    EntitlementFactory(holder=acme, image=first)
    EntitlementFactory(holder=acme, image=second, suspended_at=timezone.now())
    EntitlementFactory(holder=mira.account, image=second)  # two holders of a part each are no holder of the whole

    assert offer_state_of(mira, bundle).organisations_with_it == []
    EntitlementFactory(holder=acme, image=second)
    assert [party.account for party in offer_state_of(mira, bundle).organisations_with_it] == [acme]


def test_it_takes_the_same_queries_for_any_number_of_organisations(product: Product, mira: User, django_assert_num_queries) -> None:
    for name in ("Acme", "Beta", "Zeta"):
        give(product, join(mira, name, Role.OWNER))
    fresh = Product.objects.select_related("seller").get(pk=product.pk)
    user = User.objects.select_related("account").get(pk=mira.pk)

    with django_assert_num_queries(5):
        offer_state_of(user, fresh)


@pytest.mark.parametrize("source", ["order", "subscribed", "seller"])
def test_what_is_paused_is_offered_neither_for_sale_nor_to_try(client: Client, mira: User, source: str) -> None:
    product = ProductFactory(trial_days=14)
    entitlement = EntitlementFactory(holder=mira.account, image=product.images.get(), source_kind=source, suspended_at=timezone.now())
    client.force_login(mira)

    answer = client.get(product_url(product))

    page, offer_state = answer.content.decode(), answer.context["offer_state"]
    assert (offer_state.kind, offer_state.pulls, [party.paused for party in offer_state.paused]) == ("held", False, [entitlement])
    assert ("Buy and pull" in page, "no card" in page, "you can pull it now" in page) == (False, False, False)
    assert "<strong>You have this already.</strong> Pull access is paused: the payment is disputed, or being given back." in page
    assert [way in page for way in (f'href="/orders/{entitlement.source_id}', "See your subscriptions</a>")] == [
        source == "order",
        source == "subscribed",
    ]


def test_what_an_organisation_cannot_pull_now_is_bought_for_others(client: Client, product: Product, mira: User) -> None:
    acme = join(mira, "Acme", Role.OWNER)
    give(product, acme, suspended_at=timezone.now())
    client.force_login(mira)

    answer = client.get(product_url(product))

    offer_state = answer.context["offer_state"]
    assert (offer_state.kind, offer_state.first_choice, offer_state.pulls) == ("sale", mira.account, False)
    assert (offer_state.organisations_with_it, offer_state.paid_twice) == ([], None)
    assert "<strong>Acme has this.</strong> Pull access is paused" in answer.content.decode()


def test_what_is_paused_is_not_said_of_who_pulls_it_otherwise(product: Product, mira: User) -> None:
    give(product, mira.account, suspended_at=timezone.now())
    give(product, mira.account)

    offer_state = offer_state_of(mira, product)

    assert (offer_state.kind, offer_state.pulls, offer_state.paused) == ("held", True, [])


def test_an_organisation_is_offered_for_what_is_paused_for_its_owner(product: Product, mira: User) -> None:
    acme = join(mira, "Acme", Role.OWNER)
    give(product, mira.account, suspended_at=timezone.now())

    assert offer_state_of(mira, product).first_choice == acme
