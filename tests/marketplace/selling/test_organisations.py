"""An organisation sells: its members reserve, edit and decide by their role; for whom somebody acts is never a guess."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.organisations.models import Role
from accounts.people.models import Account, User
from accounts.sellers.models import SellerProfile
from audit.models import AuditEvent
from common.errors import DomainError
from common.money import Money
from marketplace.images.errors import NotYours, RoleNotEnough
from marketplace.images.models import Image, Namespace
from marketplace.images.services.expiry import warn_of_expiry
from marketplace.images.services.leading_tags import feature_tag
from marketplace.images.services.namespaces import choose_namespace
from marketplace.images.services.reservations import release_image, reserve_image
from marketplace.images.services.unreadable_manifests import ask_for_removal
from marketplace.products.models import Price, Product
from marketplace.products.services.editing import create_product, edit_product
from marketplace.products.services.prices import set_price
from marketplace.products.services.publishing import publish_product, withdraw_product
from outbox.mail.models import OutgoingMail
from tests.factories.accounts import MembershipFactory, OrganisationFactory, OrganisationSellerFactory, SellerFactory, UserFactory
from tests.factories.marketplace import (
    DraftProductFactory,
    ImageFactory,
    ManifestFactory,
    NamespaceFactory,
    ProductFactory,
    PushedImageFactory,
)
from tests.marketplace.conftest import acting_for, client_of
from tests.support.pages import assert_sound

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme() -> Account:
    account: Account = OrganisationSellerFactory(account__handle="acme", account__name="Acme", display_name="Acme").account
    return account


@pytest.fixture
def space(acme: Account) -> Namespace:
    return NamespaceFactory(owner=acme, name="acme")


@pytest.fixture
def product(space: Namespace) -> Product:
    return ProductFactory(namespace=space, slug="db", images=[PushedImageFactory(namespace=space, name="db")])


def person(acme: Account, role: Role | None) -> User:
    return MembershipFactory(account=acme, role=role).user if role else UserFactory()


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


EDITS = {
    "reserve": lambda product, actor: reserve_image(namespace=product.namespace, name="new", actor=actor),
    "feature": lambda product, actor: feature_tag(image=product.images.get(), tag="1.0", actor=actor),
    "draft": lambda product, actor: create_product(
        seller=product.seller, namespace=product.namespace, actor=actor, images=[], title="New", slug="new"
    ),
    "edit": lambda product, actor: edit_product(product=product, actor=actor, title="Newer"),
    "remove": lambda product, actor: ask_for_removal(
        manifest=ManifestFactory(image=product.images.get(), described_at=None, last_error="x"), actor=actor
    ),
}
DECISIONS = {
    "price": lambda product, actor: set_price(product=product, money=Money(700, "eur"), actor=actor),
    "withdraw": lambda product, actor: withdraw_product(product=product, actor=actor),
    "publish": lambda product, actor: publish_product(product=ProductFactory(namespace=product.namespace, state="withdrawn"), actor=actor),
    "release": lambda product, actor: release_image(image=ImageFactory(namespace=product.namespace), reason="", actor=actor),
}
REFUSED: dict[Role | None, type[DomainError]] = {Role.MEMBER: RoleNotEnough, Role.BILLING: RoleNotEnough, None: NotYours}


@pytest.mark.parametrize("act", [*EDITS, *DECISIONS])
@pytest.mark.parametrize("role", [Role.OWNER, Role.EDITOR, Role.MEMBER, Role.BILLING, None])
def test_owners_decide_editors_edit_and_nobody_else_does_anything(product: Product, role: Role | None, act: str) -> None:
    actor = person(product.namespace.owner, role)
    perform = {**EDITS, **DECISIONS}[act]
    if role == Role.OWNER or (role == Role.EDITOR and act in EDITS):
        perform(product, actor)
        assert AuditEvent.objects.filter(actor=actor).exists()
        return

    with pytest.raises(REFUSED.get(role, RoleNotEnough)):
        perform(product, actor)

    assert not AuditEvent.objects.exists()
    assert Product.objects.get(pk=product.pk).title == product.title
    assert Price.objects.current().get(product=product).amount == 500


def test_an_owner_gives_the_organisation_a_namespace_and_its_shop_its_name() -> None:
    acme = OrganisationFactory(handle="acme", name="Acme & Co")
    owner = person(acme, Role.OWNER)

    page = signed_in(owner).post(reverse("marketplace:start"), {"name": "acme", "organisation": "acme"})

    assert page["Location"] == f"{reverse('marketplace:reserve')}?seller=acme"
    assert (Namespace.objects.get().owner, SellerProfile.objects.get().display_name) == (acme, "Acme & Co")
    assert AuditEvent.objects.get(action="seller.started").actor == owner
    assert AuditEvent.objects.get(action="namespace.chosen").actor == owner


@pytest.mark.parametrize("role", [Role.EDITOR, Role.MEMBER, Role.BILLING, None])
def test_nobody_but_an_owner_does(role: Role | None) -> None:
    acme = OrganisationFactory(handle="acme")
    user = person(acme, role)

    assert signed_in(user).post(reverse("marketplace:start"), {"name": "acme", "organisation": "acme"}).status_code == 404
    with pytest.raises(REFUSED.get(role, RoleNotEnough)):
        choose_namespace(user=user, name="acme", display_name="", organisation=acme)

    assert not Namespace.objects.exists()
    assert not SellerProfile.objects.exists()


def test_the_start_page_offers_the_organisations_that_somebody_owns_and_sends_on_who_sells_already(space: Namespace) -> None:
    owner = person(space.owner, Role.OWNER)
    page = signed_in(owner).get(reverse("marketplace:start"))

    assert_sound(page)
    assert b"?organisation=acme" in page.content
    onward = signed_in(owner).get(reverse("marketplace:start"), {"organisation": "acme"})
    assert onward["Location"] == f"{reverse('marketplace:dashboard')}?seller=acme"
    other = MembershipFactory(user=owner, account__name="Other House").account
    assert b"Sell as Other House" in signed_in(owner).get(reverse("marketplace:start"), {"organisation": other.handle}).content


def test_what_an_address_names_is_acted_on_for_its_owner_whoever_was_chosen_before(product: Product) -> None:
    user = MembershipFactory(account=product.namespace.owner, user=SellerFactory().account.user, role=Role.OWNER).user
    own = ImageFactory(namespace=NamespaceFactory(owner=user.account, name="mine"))
    client = signed_in(user)
    image = product.images.get()

    for path in (reverse("marketplace:image", args=[image.pk]), reverse("marketplace:product_edit", args=[product.pk])):
        page = client.get(path)
        assert_sound(page)
        assert acting_for(page.wsgi_request).pk == product.seller_id
    page = client.get(reverse("marketplace:image", args=[own.pk]))
    assert acting_for(page.wsgi_request).pk == user.account.pk
    assert b"Robots for this image" not in page.content
    page = client.get(reverse("marketplace:image", args=[image.pk]))
    assert b"Robots for this image" in page.content


def test_the_check_list_leads_to_the_pages_of_whose_draft_it_is(acme: Account, space: Namespace) -> None:
    """Whoever opened their own dashboard last would connect their own Stripe account there."""
    SellerProfile.objects.update(charges_enabled=False)
    empty = DraftProductFactory(namespace=space, slug="empty")
    empty.images.clear()
    owner = person(acme, Role.OWNER)
    NamespaceFactory(owner=owner.account, name="mine")
    client = signed_in(owner)
    client.get(f"/selling/?seller={owner.account.handle}")

    page = client.get(f"/selling/products/{empty.pk}/")

    assert_sound(page)
    onward = [check.url for check in page.context["checks"] if check.url.startswith("/")]
    assert onward == ["/selling/reserve/?seller=acme", "/selling/payouts/?seller=acme"]
    assert [client.get(url).context["request"].seller.pk for url in onward] == [acme.pk, acme.pk]


def test_the_dashboard_remembers_for_whom_and_a_form_says_so_itself(space: Namespace) -> None:
    user = MembershipFactory(account=space.owner, user=SellerFactory().account.user, role=Role.EDITOR).user
    mine = NamespaceFactory(owner=user.account, name="mine")
    client = signed_in(user)
    dashboard, reserve = reverse("marketplace:dashboard"), reverse("marketplace:reserve")

    assert b'href="http' not in client.get(dashboard).content.partition(b"Whom you sell for")[2][:10]
    assert client.get(dashboard).context["seller"].pk == user.account.pk
    for _ in range(2):
        assert client.get(dashboard, {"seller": "acme"}).context["seller"].pk == space.owner_id
    page = client.get(reserve)
    assert acting_for(page.wsgi_request).pk == space.owner_id
    assert b'name="seller" value="acme"' in page.content
    client.post(reserve, {"name": "db", "seller": user.account.handle})  # a form of another tab
    assert Image.objects.get().namespace == mine
    assert client.post(reserve, {"name": "db", "seller": "nobody"}).status_code == 404
    assert Image.objects.count() == 1


TABS = (
    "marketplace:dashboard",
    "marketplace:reserve",
    "marketplace:product_new",
    "marketplace:gifts",
    "billing:seller_orders",
    "billing:subscribers",
    "marketplace:trials",
    "billing:discounts",
    "billing:balance",
    "billing:payouts",
    "marketplace:domain",
)


def test_each_tab_stays_with_the_seller_whose_page_it_is_on(space: Namespace) -> None:
    user = MembershipFactory(account=space.owner, user=SellerFactory().account.user, role=Role.OWNER).user
    NamespaceFactory(owner=user.account, name="mine")
    client = signed_in(user)

    for tab in TABS:
        page = client.get(f"{reverse(tab)}?seller=acme")
        assert acting_for(page.wsgi_request).pk == space.owner_id
        tabs = page.content.decode().partition('<nav class="tabs"')[2].partition("</nav>")[0]
        assert re.findall(r'href="([^"]+)"', tabs) == [f"{reverse(each)}?seller=acme" for each in TABS]


def test_who_handed_the_namespace_over_has_tabs_that_lead_to_pages_of_their_sales_or_of_somebody_who_still_sells(space: Namespace) -> None:
    user = MembershipFactory(account=space.owner, user=SellerFactory().account.user, role=Role.OWNER).user
    client = signed_in(user)

    page = client.get(reverse("billing:seller_orders"), {"seller": user.account.handle})

    links = re.findall(
        r'href="([^"]+)"', page.content.decode().partition('<nav class="tabs"')[2].partition("</header>")[0].partition("<h1")[0]
    )
    led = {link: acting_for(client.get(link).wsgi_request).pk for link in links if link.startswith("/selling/")}
    money = {reverse(tab) for tab in TABS if tab.startswith("billing:") or tab == "marketplace:trials"}
    mine = f"?seller={user.account.handle}"
    theirs = {reverse(tab) for tab in TABS} - money
    assert {link for link, seller in led.items() if seller == user.account.pk} == {path + mine for path in money}
    assert {link for link, seller in led.items() if seller == space.owner_id} == theirs | {
        f"{reverse('marketplace:dashboard')}?seller=acme"
    }


@pytest.mark.parametrize(("role", "status"), [(Role.OWNER, 200), (Role.BILLING, 200), (Role.EDITOR, 403)])
def test_sales_and_payouts_are_for_owners_and_billing_people(space: Namespace, role: Role, status: int) -> None:
    client = signed_in(person(space.owner, role))

    for view in ("billing:seller_orders", "billing:payouts"):
        assert client.get(reverse(view)).status_code == status
    page = client.get(reverse("marketplace:dashboard"))
    assert (reverse("billing:payouts").encode() in page.content) == (status == 200)


def test_only_owners_lead_the_organisation_to_stripe(space: Namespace) -> None:
    page = signed_in(person(space.owner, Role.BILLING)).post(reverse("billing:payouts_connect"))

    assert page.status_code == 403
    assert not AuditEvent.objects.exists()


def test_members_without_a_part_in_selling_are_sent_to_the_start_page(space: Namespace) -> None:
    page = signed_in(person(space.owner, Role.MEMBER)).get(reverse("marketplace:dashboard"))

    assert page["Location"] == reverse("marketplace:start")


def test_an_editor_sees_no_button_that_only_an_owner_may_press(product: Product) -> None:
    path = reverse("marketplace:product_edit", args=[product.pk])
    withdraw = reverse("marketplace:product_withdraw", args=[product.pk]).encode()

    editors = signed_in(person(product.namespace.owner, Role.EDITOR)).get(path)
    assert_sound(editors)
    assert withdraw not in editors.content
    assert b"decided by the owners of Acme" in editors.content
    assert withdraw in signed_in(person(product.namespace.owner, Role.OWNER)).get(path).content


def test_the_api_shows_an_editor_what_the_organisation_sells_and_lets_them_edit(product: Product) -> None:
    editor = client_of(person(product.namespace.owner, Role.EDITOR))
    stranger = client_of(UserFactory())
    image = product.images.get()
    addresses = {
        "/api/v1/namespaces/": str(product.namespace_id), "/api/v1/images/": str(image.pk),
        "/api/v1/tags/": str(image.tags.get().pk), "/api/v1/prices/": str(product.prices.get().pk),
    }  # fmt: skip

    for address, pk in addresses.items():
        assert [row["id"] for row in editor.get(address).json()["results"]] == [pk]
        assert stranger.get(address).json()["results"] == []
    assert [row["id"] for row in editor.get("/api/v1/products/?mine=true").json()["results"]] == [str(product.pk)]
    made = editor.post("/api/v1/images/", {"namespace": str(product.namespace_id), "name": "web"}, format="json")
    assert (made.status_code, made.json()["repository"]) == (201, "acme/web")
    assert editor.post("/api/v1/prices/", {"product": str(product.pk), "amount": 1, "currency": "eur"}, format="json").status_code == 403
    assert stranger.post("/api/v1/images/", {"namespace": str(product.namespace_id), "name": "x"}, format="json").status_code == 400


def test_an_owner_makes_the_organisation_sell_by_the_api() -> None:
    acme = OrganisationFactory(handle="acme", name="Acme")
    owner, editor = client_of(person(acme, Role.OWNER)), client_of(person(acme, Role.EDITOR))
    wanted = {"name": "acme", "display_name": "x", "organisation": "acme"}

    assert editor.post("/api/v1/namespaces/", wanted, format="json").status_code == 400
    assert owner.post("/api/v1/namespaces/", wanted, format="json").status_code == 201
    assert Namespace.objects.get().owner == acme


def test_a_reservation_that_ends_is_told_to_all_who_edit(space: Namespace) -> None:
    image = ImageFactory(namespace=space)
    Image.objects.update(expires_at=image.reserved_at)
    told = {person(space.owner, Role.OWNER).email, person(space.owner, Role.EDITOR).email}
    person(space.owner, Role.MEMBER)

    assert warn_of_expiry(now=image.reserved_at) == 1

    assert {mail.to for mail in OutgoingMail.objects.all()} == told
