"""A view is a person who opens a product's page: programs, its seller and staff are none, and nothing is kept of whom."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone
from redis.exceptions import RedisError

from accounts.organisations.models import Role
from accounts.people.models import User
from common.ids import new_id
from common.ops.redis import redis_client, redis_key
from marketplace.insights import visits
from marketplace.insights.models import ProductViews
from marketplace.insights.tasks import write_views
from marketplace.products.models import Product
from tests.factories.accounts import MembershipFactory, OrganisationSellerFactory, UserFactory
from tests.factories.marketplace import DraftProductFactory, NamespaceFactory, ProductFactory

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def product() -> Product:
    return ProductFactory()


def read(product: Product, *, agent: str = FIREFOX, query: str = "", user: User | None = None, purpose: str = "") -> Client:
    client = Client(headers={"user-agent": agent, "sec-purpose": purpose})
    if user:
        client.force_login(user)
    assert client.get(f"/{product.namespace.name}/{product.slug}{query}").status_code == 200
    return client


def counted() -> int:
    return sum(map(int, redis_client().hvals(redis_key(visits.NOTED_VIEWS))))


def test_a_person_who_opens_the_page_is_counted_and_gets_no_cookie(product):
    client = read(product)
    read(product, user=UserFactory())

    assert counted() == 2
    assert not client.cookies


@pytest.mark.parametrize(
    "agent",
    [
        "",
        "curl/8.5.0",
        "python-requests/2.32",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/131.0 Safari/537.36",
        "Mozilla/5.0 (compatible; Some Thing; +https://thing.test)",
    ],
)
def test_a_program_is_not_counted(product, agent):
    read(product, agent=agent)

    assert counted() == 0


def test_its_seller_staff_a_page_loaded_in_advance_and_its_second_part_are_not_counted(product):
    read(product, user=product.seller.account.user)
    read(product, user=UserFactory(staff=True))
    read(product, purpose="prefetch;prerender")
    read(product, query="?image=anything")
    Client(headers={"user-agent": FIREFOX}).head(f"/{product.namespace.name}/{product.slug}")

    assert counted() == 0


@pytest.mark.parametrize(("role", "counts"), [(Role.OWNER, 0), (Role.EDITOR, 0), (Role.BILLING, 0), (Role.MEMBER, 1)])
def test_of_an_organisation_those_who_work_on_what_it_sells_are_not_counted(role, counts):
    acme = OrganisationSellerFactory().account
    product = ProductFactory(namespace=NamespaceFactory(owner=acme))

    read(product, user=MembershipFactory(account=acme, role=role).user)

    assert counted() == counts


def test_what_only_its_seller_sees_has_no_views():
    draft = DraftProductFactory()
    read(draft, user=draft.seller.account.user)

    assert counted() == 0


def test_views_of_a_day_are_one_row_that_grows(product, django_assert_num_queries):
    for _ in range(2):
        read(product)
        read(product)
        with django_assert_num_queries(1):
            assert visits.write_views() == 2

    assert ProductViews.objects.values_list("product", "day", "count").get() == (product.pk, timezone.now().date(), 4)
    assert visits.write_views() == 0


def test_views_of_a_product_that_is_gone_are_dropped(product):
    gone, day = new_id(), date(2026, 11, 1)

    visits.add_views({(gone, day): 3, (product.pk, day): 2, (product.pk, day + timedelta(days=1)): 1})

    assert sorted(ProductViews.objects.values_list("product", "count")) == [(product.pk, 1), (product.pk, 2)]


def test_what_the_database_refuses_is_noted_again(product, monkeypatch):
    read(product)

    def refuse(_views):
        raise DatabaseError

    with monkeypatch.context() as patch:
        patch.setattr(visits, "add_views", refuse)
        with pytest.raises(DatabaseError):
            visits.write_views()
    assert counted() == 1
    assert write_views() == 1


def test_a_page_does_not_wait_for_a_redis_that_is_away(product, monkeypatch):
    def refuse(*_args):
        raise RedisError

    monkeypatch.setattr(redis_client(), "hincrby", refuse)
    read(product)
    monkeypatch.setattr("marketplace.insights.tasks.visits.write_views", refuse)

    assert write_views() == 0
