"""Every address with an id, asked for a row that is somebody else's: as if it did not exist, and nothing changes.

The addresses come from the URL configuration. One with a parameter that is not known here fails: say in `tests.support.rows` whose row it names.
"""

from collections.abc import Iterator

import pytest
from django.db import transaction
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
from tests.support.routes import Route, site_routes
from tests.support.rows import given, rows_of_others

pytestmark = pytest.mark.django_db

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


@pytest.fixture(scope="module")
def rows(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[dict[str, Model]]:
    """Made once, around the transactions of these tests: none of them changes one."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield rows_of_others()
        transaction.set_rollback(True)


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


def another_seller() -> Client:
    client = Client()
    client.force_login(NamespaceFactory().owner.user)
    return client


@pytest.mark.parametrize("route", PAGES, ids=str)
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_page_of_somebody_else_is_not_there(rows: dict[str, Model], route: Route, method: str) -> None:
    if route.name == "marketplace:shop":
        return  # a shop window is for everybody
    client, before = another_seller(), state()

    answer = getattr(client, method)(reverse(route.name, kwargs=given(route, rows)))

    assert answer.status_code in MISSING, route.pattern
    assert state() == before


@pytest.mark.parametrize("route", PAGES, ids=str)
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_stranger_cannot_tell_whether_a_row_exists(rows: dict[str, Model], route: Route, method: str) -> None:
    if route.name == "marketplace:shop":
        return
    client, before = Client(), state()
    real = given(route, rows)
    absent = {name: new_id() if not isinstance(value, str) else "nobody-has-this" for name, value in real.items()}

    answer, nothing = (getattr(client, method)(reverse(route.name, kwargs=kwargs)) for kwargs in (real, absent))

    assert answer.status_code == nothing.status_code
    assert answer.status_code in MISSING or answer["Location"].startswith("/account/login/"), route.pattern
    assert state() == before


@pytest.mark.parametrize("route", API, ids=str)
@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_a_row_of_somebody_else_is_not_in_the_api(rows: dict[str, Model], route: Route, method: str) -> None:
    token, before = AccessTokenFactory(user=NamespaceFactory().owner.user), state()
    address = reverse(route.name, kwargs=given(route, rows))

    answer = getattr(Client(), method)(address, content_type="application/json", headers={"authorization": f"Bearer {token.secret}"})

    assert answer.status_code in MISSING, route.pattern
    assert state() == before


@pytest.mark.parametrize("route", API, ids=str)
def test_a_program_without_a_token_learns_nothing(rows: dict[str, Model], route: Route) -> None:
    address = reverse(route.name, kwargs=given(route, rows))

    assert Client().get(address).status_code in {401, 404, 405}


@pytest.mark.parametrize("route", ADMIN, ids=str)
def test_the_admin_lets_only_staff_in(route: Route) -> None:
    address = reverse(
        route.name, kwargs={"object_id": new_id()} if route.parameters == {"object_id"} else dict.fromkeys(route.parameters, "1")
    )
    customer = Client()
    customer.force_login(UserFactory())

    assert customer.get(address).status_code == 403
    assert Client().get(address)["Location"].startswith(("/admin/login/", "/account/login/"))
