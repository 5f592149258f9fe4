"""Sellers with a verified domain, as filter and as badge: both follow the one rule for what is verified."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.domains.models import AGAIN, GRACE, ShopDomain
from accounts.domains.services import remove_domain
from marketplace.images.models import Namespace
from marketplace.products.models import Product, SearchEntry
from marketplace.products.services.hand_over import hand_over_namespace
from marketplace.products.services.search_entries import index_product, refresh_search_entries
from tests.factories.accounts import MembershipFactory, OrganisationFactory
from tests.factories.marketplace import ProductFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def product(namespace: Namespace) -> Product:
    made: Product = ProductFactory(namespace=namespace, slug="db")
    ProductFactory(slug="of-a-stranger")
    ShopDomain.objects.create(seller_id=made.seller_id, domain="acme.com", token="t", seen_at=timezone.now(), seen_by="dns")
    refresh_search_entries()
    return made


def filtered(client: Client) -> list[tuple[str, bool]]:
    response = client.get("/search/?seller=verified")
    (choice,) = next(choices for _, name, choices in response.context["filters"] if name == "seller")
    assert choice.count == response.context["total"] == len(response.context["listings"])
    return [(one.product.slug, one.verified) for one in response.context["listings"]]


def test_the_filter_leaves_products_of_verified_sellers_and_says_how_many(client: Client, product: Product) -> None:
    assert filtered(client) == [("db", True)]
    assert {one.product.slug: one.verified for one in client.get("/search/").context["listings"]} == {"db": True, "of-a-stranger": False}
    assert "verified domain" in client.get("/search/?seller=verified").content.decode()


def test_a_product_is_found_by_it_from_its_first_moment(client: Client, product: Product, namespace: Namespace) -> None:
    index_product(ProductFactory(namespace=namespace, slug="new"))

    assert sorted(filtered(client)) == [("db", True), ("new", True)]


def test_a_proof_that_is_not_seen_any_more_is_followed(client: Client, product: Product) -> None:
    ShopDomain.objects.update(seen_at=timezone.now() - AGAIN - GRACE - timedelta(minutes=1))
    refresh_search_entries()

    assert filtered(client) == []


def test_a_removed_domain_takes_its_badge_along_at_once_and_its_count_with_the_next_run(client: Client, product: Product) -> None:
    actor = product.seller.account.user
    assert actor
    remove_domain(seller_id=product.seller_id, actor=actor)
    assert [one.verified for one in client.get("/search/").context["listings"]] == [False, False]

    refresh_search_entries()
    assert filtered(client) == []


def test_what_is_handed_over_takes_the_new_sellers_state(client: Client, product: Product) -> None:
    actor = product.seller.account.user
    assert actor
    acme = MembershipFactory(account=OrganisationFactory(), user=actor).account
    hand_over_namespace(namespace=product.namespace, organisation=acme, actor=actor)
    refresh_search_entries()

    assert filtered(client) == []
    assert not SearchEntry.objects.filter(verified=True).exists()
