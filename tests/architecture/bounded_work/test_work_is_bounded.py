"""What a page costs does not grow with what somebody has pushed, written or gathered: every address that can be read, at 10 to 10,000 of each.

The addresses come from the URL configuration. Counted are queries, rows that PostgreSQL reads for them, rows that it hands over, and
bytes of the answer; never seconds.
"""

from collections.abc import Mapping

import pytest
from django.db import connection, transaction
from django.db.models import Model
from django.test import Client
from django.urls import NoReverseMatch, reverse

from marketplace.covers.services import draw_outdated_covers
from marketplace.images.models import Image
from marketplace.products.models import Product
from tests.architecture.bounded_work.costs import FEW, MANY, MOST, Cost, Planned, cost_of, has_grown, reads_ever_more
from tests.architecture.bounded_work.gathering import gather
from tests.architecture.bounded_work.worlds import World
from tests.factories.marketplace import (
    EntitlementFactory,
    ProductFactory,
    PushedImageFactory,
)
from tests.support.much import push, write
from tests.support.multiply import dangling, key, multiply
from tests.support.pages import HEAVIEST
from tests.support.routes import Route, site_routes
from tests.support.rows import given

SMALL, LARGE = 60, 600  # more than a page shows in these tests, and ten times as much
# A program that lists its seller's own tags has them sorted by age: nobody else's count, and what is handed over is a page.
OWN = {"tag-list"}
# The editor offers its seller's images, of which there are as many as the quota allows: 50.
BY_QUOTA = {"marketplace:product_new", "marketplace:product_edit"}
EVERY = [route for route in site_routes() if route.name and "<path>" not in route.pattern]
ROUTES = [route for route in EVERY if not route.name.startswith("admin:")]
LISTS_OF_STAFF = [route for route in EVERY if route.name.startswith("admin:") and route.name.endswith("_changelist")]
# What is searched for says how it is searched.
SEARCHES = {
    "search for a word": "search/?q=much",
    "search for a beginning": "search/?q=muc",
    "search with a typing error": "search/?q=muhc",
    "search with filters": "search/?q=much&category=databases&price=paid&sort=price",
    "suggestions for letters": "search/suggestions?q=mu",
}
WEIGHED = (
    "marketplace:home",
    "marketplace:search",
    "marketplace:product",
    "marketplace:shop",
    "marketplace:library",
    "marketplace:dashboard",
)


@pytest.mark.django_db
def test_no_answer_costs_more_where_more_was_pushed_and_written(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("marketplace.images.selectors.tags.LISTED", 50)
    monkeypatch.setattr("marketplace.images.selectors.tags.LOOKED_AT", 100)
    product = world.rows["product"]
    assert isinstance(product, Product)
    other = ProductFactory(namespace=product.namespace, images=[PushedImageFactory(namespace=product.namespace) for _ in range(3)])
    EntitlementFactory(holder=world.user.account, image=PushedImageFactory())
    images = [*product.images.all(), other.images.all()[0], *Image.objects.filter(entitlements__holder=world.user.account)]
    much(images, other, SMALL)
    before = costs(world)
    much(images, other, LARGE)
    after = costs(world, before)

    counted = OWN | {route.name for route in LISTS_OF_STAFF}  # staff read how many rows there are, of all sellers
    grown = {name for name in before if has_grown(before[name], after[name], read=name not in counted)}
    assert {name: (before[name], after[name]) for name in grown} == {}


def much(images: list[Image], other: Product, many: int) -> None:
    for image in images:
        push(image, many)
    write(other, 10 * many)
    draw_outdated_covers()


@pytest.mark.django_db
def test_no_answer_costs_more_where_more_has_gathered(world: World) -> None:
    """No more statements at 10,000 rows of each kind than at 10; and beyond what a page shows, no more rows, and no longer answers."""
    gather(world, range(1, FEW + 1))
    connection.check_constraints()  # here alone: to have each key of all the copies looked up takes long
    few = costs(world, planned=False)
    gather(world, range(FEW + 1, MANY + 1))
    before = costs(world, few)
    gather(world, range(MANY + 1, MOST + 1))
    after = costs(world, before)
    assert dangling() == []

    assert {name: (few[name], after[name]) for name in few if after[name].queries > few[name].queries} == {}
    grown = {name for name in before if has_grown(before[name], after[name])} - BY_QUOTA
    assert {name: (before[name], after[name]) for name in grown} == {}
    assert {name: (before[name], after[name]) for name in before if reads_ever_more(before[name], after[name])} == {}
    ours = {name: cost.weight for name, cost in after.items() if not name.startswith("admin:") and name not in BY_QUOTA}
    assert {name: weight for name, weight in ours.items() if weight >= HEAVIEST} == {}
    assert all(after[name].weight for name in WEIGHED)
    transaction.set_rollback(True)


def costs(world: World, former: Mapping[str, Cost] | None = None, *, planned: bool = True) -> dict[str, Cost]:
    """Read every address as the world's person, pages by session and the API by token, and the lists of staff as one of them.

    Args:
        former: what the same clients took when there was less. An address that had nothing to be read then is left out.
    """
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    read = Planned() if planned else None
    found = {
        name: cost_of(client, address, read=read, former=former[name] if former else None)
        for name, (client, address) in places(world).items()
        if former is None or name in former
    }
    for client, at in ((world.page, "/account/"), (world.program, "/api/v1/images/"), (world.staff, "/admin/")):
        assert client.get(at).status_code == 200, at  # nothing that was read has ended what the others are read with
    return {name: cost for name, cost in found.items() if cost is not None}


def places(world: World) -> dict[str, tuple[Client, str]]:
    """Return who asks for what, by the name of its route."""
    addresses = {route: address_of(route, world.rows) for route in ROUTES}
    found = {
        route.name: (world.program if route.pattern.startswith("api/") else world.page, address)
        for route, address in addresses.items()
        if address is not None
    }
    found |= {name: (world.page, f"/{address}") for name, address in SEARCHES.items()}
    return found | {route.name: (world.staff, reverse(route.name)) for route in LISTS_OF_STAFF}


def address_of(route: Route, rows: Mapping[str, Model]) -> str | None:
    """Return where the route leads with these rows; None where it wants something else: a key out of a mail, a picture."""
    try:
        return reverse(route.name, kwargs=given(route, rows))
    except (KeyError, NoReverseMatch):
        return None


def test_the_measure_sees_what_grows() -> None:
    before = Cost(queries=5, read=100, handed_over=50, size=10_000)

    assert not has_grown(before, Cost(5, 250, 60, 10_500), read=True)
    assert has_grown(before, Cost(6, 100, 50, 10_000))
    assert has_grown(before, Cost(5, 100, 500, 10_000))
    assert has_grown(before, Cost(5, 100, 50, 20_000))
    assert has_grown(before, Cost(5, 1_000, 50, 10_000), read=True)
    assert not reads_ever_more(before, Cost(5, 100 * MOST // MANY, 50, 10_000))
    assert reads_ever_more(before, Cost(5, 100 * (MOST // MANY) ** 2, 50, 10_000))


@pytest.mark.django_db
def test_a_copy_that_names_a_row_that_is_not_there_is_seen() -> None:
    entitlement = EntitlementFactory()
    assert dangling() == []

    multiply(entitlement, range(1, 3), image_id=key("nowhere"), source_id="gen_random_uuid()")

    assert dangling() == ["marketplace_entitlement.image_id"]
    transaction.set_rollback(True)
