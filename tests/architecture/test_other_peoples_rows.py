"""Every address with an id, asked for a row that is somebody else's: as if it did not exist, and nothing changes.

The addresses come from the URL configuration. One with a parameter that is not known here fails: say in `tests.support.rows` whose row it names.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoDbBlocker

from accounts.organisations.models import Invitation, Membership
from accounts.tokens.models import AccessToken
from audit.models import AuditEvent
from billing.discounts.models import Discount
from billing.disputes.models import Dispute
from billing.orders.models import Order
from billing.subscriptions.models import Subscription
from billing.subscriptions.price_models import PriceAnnouncement
from common.ids import new_id
from marketplace.entitlements.models import Entitlement
from marketplace.gifts.models import Gift
from marketplace.images.models import Image, Manifest, Namespace, Tag
from marketplace.moderation.models import Report
from marketplace.products.models import Edition, Product, ProductPicture
from marketplace.reviews.models import Review
from marketplace.trials.models import Trial
from tests.factories.accounts import AccessTokenFactory, UserFactory
from tests.factories.marketplace import NamespaceFactory
from tests.support.database import around_the_tests
from tests.support.routes import Route, site_routes
from tests.support.rows import given, rows_of_others

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("refusals_of_status_alone")]

# Django's and allauth's own: the admin has a door of its own (below), the others take signed keys or their user's own rows.
OF_LIBRARIES = ("admin:", "account_", "mfa_")
# What a category holds and what search engines are told is everybody's.
OF_EVERYBODY = {"marketplace:category", "marketplace:sitemap_part"}
WITH_IDS = [
    route
    for route in site_routes()
    if route.parameters and not route.name.startswith(OF_LIBRARIES) and route.name not in OF_EVERYBODY and "<path>" not in route.pattern
]
API = [route for route in WITH_IDS if route.pattern.startswith("api/")]
PAGES = [route for route in WITH_IDS if route not in API]
ADMIN = [route for route in site_routes() if route.name.startswith("admin:") and route.name != "admin:" and "object_id" in route.parameters]
MISSING = (404, 405)  # 405 where a page has no such method for anybody


@dataclass(frozen=True, slots=True)
class World:
    """Rows of others, another seller who asks for them, by session and by token, and what must not change."""

    rows: dict[str, Model]
    seller: Client
    secret: str
    before: list[object]


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """Made once, around the transactions of these tests: none of them changes it."""
    with around_the_tests(django_db_blocker):
        rows, user, seller = rows_of_others(), NamespaceFactory().owner.user, Client()
        seller.force_login(user)
        secret = AccessTokenFactory(user=user).secret
        yield World(rows, seller, secret, state())


def state() -> list[object]:
    """Return what must not change."""
    return [
        AuditEvent.objects.count(),
        *Product.objects.order_by("pk").values_list("pk", "state", "updated_at"),
        *Image.objects.order_by("pk").values_list("pk", "ended_at", "featured_tag"),
        *Order.objects.order_by("pk").values_list("pk", "state"),
        *Dispute.objects.order_by("pk").values_list("pk", "seller_statement"),
        *Discount.objects.order_by("pk").values_list("pk", "paused_at", "ended_at"),
        *Subscription.objects.order_by("pk").values_list("pk", "ends_with_period", "revision"),
        *PriceAnnouncement.objects.order_by("pk").values_list("pk"),
        *Entitlement.objects.order_by("pk").values_list("pk", "revoked_at"),
        *Edition.objects.order_by("pk").values_list("pk", "name", "position", "retired_at"),
        *ProductPicture.objects.order_by("pk").values_list("pk", "position"),
        *Tag.objects.order_by("pk").values_list("pk"),
        *Manifest.objects.order_by("pk").values_list("pk", "removal_asked_at"),
        *Report.objects.order_by("pk").values_list("pk", "state", "owner", "appeal"),
        *Review.objects.order_by("pk").values_list("pk", "rating", "text", "answer", "hidden_at"),
        *Membership.objects.order_by("pk").values_list("pk", "role"),
        *Invitation.objects.order_by("pk").values_list("pk", "accepted_at", "withdrawn_at"),
        *Gift.objects.order_by("pk").values_list("pk", "secret_hash", "claimed_at", "revoked_at"),
        *Trial.objects.order_by("pk").values_list("pk", "ended_at"),
        *Namespace.objects.order_by("pk").values_list("pk", "owner"),
        *AccessToken.objects.exclude(organisation=None).order_by("pk").values_list("pk", "revoked_at", "superseded_at"),
    ]


@pytest.mark.parametrize("route", PAGES, ids=str)
def test_a_page_of_somebody_else_is_not_there(world: World, route: Route) -> None:
    if route.name == "marketplace:shop":
        return  # a shop window is for everybody
    address = reverse(route.name, kwargs=given(route, world.rows))

    answers = {method: getattr(world.seller, method)(address).status_code for method in ("get", "post")}

    assert answers == {method: status for method, status in answers.items() if status in MISSING}, route.pattern
    assert state() == world.before


@pytest.mark.parametrize("route", PAGES, ids=str)
def test_a_stranger_cannot_tell_whether_a_row_exists(world: World, route: Route) -> None:
    if route.name == "marketplace:shop":
        return
    real = given(route, world.rows)
    absent = {name: new_id() if not isinstance(value, str) else "nobody-has-this" for name, value in real.items()}

    for method in ("get", "post"):
        answer, nothing = (getattr(Client(), method)(reverse(route.name, kwargs=kwargs)) for kwargs in (real, absent))
        assert answer.status_code == nothing.status_code, method
        assert answer.status_code in MISSING or answer["Location"].startswith("/account/login/"), (method, route.pattern)
    assert state() == world.before


@pytest.mark.parametrize("route", API, ids=str)
def test_a_row_of_somebody_else_is_not_in_the_api(world: World, route: Route) -> None:
    address, headers = reverse(route.name, kwargs=given(route, world.rows)), {"authorization": f"Bearer {world.secret}"}

    answers = {
        method: getattr(Client(), method)(address, content_type="application/json", headers=headers).status_code
        for method in ("get", "post", "put", "patch", "delete")
    }

    assert answers == {method: status for method, status in answers.items() if status in MISSING}, route.pattern
    assert state() == world.before


@pytest.mark.parametrize("route", API, ids=str)
def test_a_program_without_a_token_learns_nothing(world: World, route: Route) -> None:
    address = reverse(route.name, kwargs=given(route, world.rows))

    assert Client().get(address).status_code in {401, 404, 405}


def test_the_admin_lets_only_staff_in() -> None:
    customer = Client()
    customer.force_login(UserFactory())
    addresses = [reverse(route.name, kwargs=keys_of(route)) for route in ADMIN]

    assert {at: customer.get(at).status_code for at in addresses} == dict.fromkeys(addresses, 403)
    led = {at: Client().get(at)["Location"] for at in addresses}
    assert {at: to for at, to in led.items() if not to.startswith(("/admin/login/", "/account/login/"))} == {}


def keys_of(route: Route) -> dict[str, object]:
    return {"object_id": new_id()} if route.parameters == {"object_id"} else dict.fromkeys(route.parameters, "1")
