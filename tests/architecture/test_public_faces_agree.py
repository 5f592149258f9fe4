"""Whatever the public may ask of a product, its page, other pages, the API and staff answer the same: one world, one table of questions.

What only its seller may ask is in tests/billing/sales/test_faces_agree.py.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from common.money import Money
from marketplace.images.models import Image, Manifest
from marketplace.insights.services import add_up_pulls
from marketplace.products.models import Category, Product, SearchEntry
from marketplace.products.services.search_entries import refresh_search_entries
from marketplace.reviews.models import Review
from marketplace.reviews.services import hide_review
from marketplace.search.facets import Choice
from marketplace.search.services import count_known_words
from tests.factories.accounts import AccessTokenFactory, UserFactory
from tests.factories.marketplace import (
    FreeProductFactory,
    ManifestFactory,
    NamespaceFactory,
    ProductFactory,
    PushedImageFactory,
    ReviewFactory,
    TagFactory,
)
from tests.support.clients import client_of

pytestmark = pytest.mark.django_db


@dataclass(frozen=True, slots=True)
class World:
    """A product that the questions are about, the shop of others of which one was taken down, and who asks."""

    product: Product
    shop: str
    image: Image
    visitor: Client
    seller: Client
    program: APIClient
    staff: Client

    def page(self, address: str = "/acme/zebra") -> str:
        """Return what a visitor reads, or the seller on their own pages, each run of blanks as one."""
        reader = self.seller if address.startswith("/selling/") else self.visitor
        return " ".join(reader.get(address).content.decode().split())

    def found(self, pattern: str, address: str = "/acme/zebra") -> str:
        """Return the first group of what they read."""
        match = re.search(pattern, self.page(address))
        assert match, pattern
        return match[1]

    def api(self, path: str, **asked: str) -> Any:
        return self.program.get(f"/api/v1/{path}", asked).json()

    def counted(self, path: str, **asked: str) -> int:
        """Return how many rows a list of the API has, which fit on its first page."""
        answer = self.api(path, **asked)
        assert answer["next"] is None
        return len(answer["results"])

    def rows(self, table: str, **asked: str) -> Any:
        """Return the rows that the admin's list shows."""
        return self.staff.get(f"/admin/marketplace/{table}/", asked).context["cl"].result_list


@pytest.fixture
def world() -> World:
    namespace = NamespaceFactory(name="acme")
    shelf = Category.objects.get(pk="databases")
    image = PushedImageFactory(namespace=namespace, name="zebra", pull_count=4321)
    newest = TagFactory(image=image, name="2.10", pushed_at=timezone.now() - timedelta(days=2))
    TagFactory(image=image, name="2.9")
    parts = [ManifestFactory(image=image, platforms=[platform]) for platform in ("linux/amd64", "linux/arm64")]
    index = {"kind": Manifest.Kind.INDEX, "children": [one.digest for one in parts], "platforms": ["linux/amd64", "linux/arm64"]}
    Manifest.objects.filter(pk=newest.manifest.pk).update(**index)
    product = ProductFactory(
        namespace=namespace, slug="zebra", title="Zebra store", category=shelf, images=[image], price__amount=123_450, price__currency="usd"
    )
    spare = FreeProductFactory(title="Zebra spare", category=shelf)
    gone = PushedImageFactory(namespace=spare.namespace, taken_down_at=timezone.now(), take_down_reason="Malware.")
    ProductFactory(namespace=spare.namespace, title="Zebra that was taken down", category=shelf, images=[gone])
    ProductFactory(title="Something else", category=shelf)
    ProductFactory(title="Zebra draft", category=shelf, state=Product.State.DRAFT, published_at=None)
    ProductFactory(title="Zebra in another place", category=Category.objects.get(pk="ai"))
    pair = [PushedImageFactory(namespace=namespace, name=name, pull_count=count) for name, count in (("sidecar", 90_000), ("core", 1_200))]
    ProductFactory(namespace=namespace, slug="pair", title="Pair", category=Category.objects.get(pk="web"), images=pair)
    for rating in (5, 5, 4, 3, 5, 1):
        ReviewFactory(product=product, rating=rating)
    staff = UserFactory(staff=True)
    hide_review(review=Review.objects.get(rating=1), reason="Insults.", actor=staff)
    add_up_pulls()
    refresh_search_entries()
    count_known_words()
    user = namespace.owner.user
    program = APIClient(headers={"Authorization": f"Bearer {AccessTokenFactory(user=user).secret}"})
    return World(product, spare.namespace.name, image, Client(), client_of(user), program, client_of(staff))


def of_structured_data(world: World) -> str:
    offer = json.loads(world.found(r'<script type="application/ld\+json"[^>]*>(.*?)</script>'))["offers"]
    return f"{offer['priceCurrency']} {offer['price']}"


def of_money(text: str) -> str:
    """Write `$1,234.50` as programs do."""
    return f"USD {text.removeprefix('$').replace(',', '')}"


def of_minor(price: Mapping[str, Any]) -> str:
    return f"{price['currency'].upper()} {Money(price['amount'], price['currency']).typed}"


def as_number(text: str) -> int:
    """Read `1,200`."""
    return int(text.replace(",", ""))


def shown_choice(world: World, parameter: str, value: str, query: str = "") -> int:
    """Return the count beside a choice of the search's filters."""
    filters: list[tuple[str, str, list[Choice]]] = world.visitor.get(f"/search/{query}").context["filters"]
    return next(choice.count for _, name, choices in filters if name == parameter for choice in choices if choice.value == value)


def offered(rows: Iterable[Product]) -> int:
    """Count what can be had among the rows of staff, who also see what they have taken down."""
    return sum(not row.images.filter(taken_down_at__isnull=False).exists() for row in rows)


def short(platforms: Iterable[str]) -> set[str]:
    """Leave out `linux/`, as most pages do."""
    return {platform.removeprefix("linux/") for platform in platforms}


PULLS_OF_EACH = r"at least ([\d,]+) pulls of each image"
PRICE = r'<span class="price">(.*?)</span>'
RATING = r"([\d.]+ to [\d.]+) of 5"
PLATFORMS = r"<dt>Platforms</dt> <dd>([^<]+)</dd>"
NUMBER_FOUND = r"<h1>([\d,]+) products?"
SEARCH = "/search/?q=zebra"
SHELF = "/search/?category=databases"

QUESTIONS: dict[str, tuple[object, dict[str, Callable[[World], object]]]] = {
    "what it costs": (
        "USD 1234.50",
        {
            "page": lambda world: of_money(world.found(r'<div class="buybar"> <p class="long"><strong>(.*?)</strong>')),
            "what search engines read": of_structured_data,
            "search": lambda world: of_money(world.found(r"Zebra store</a>.*?" + PRICE, SEARCH)),
            "category": lambda world: of_money(world.found(r"Zebra store</a>.*?" + PRICE, "/categories/databases/")),
            "shop": lambda world: of_money(world.found(r"Zebra store</a>.*?" + PRICE, "/acme")),
            "API": lambda world: of_minor(world.api(f"products/{world.product.pk}/")["price"]),
            "list of the API": lambda world: of_minor(world.api("products/", q="zebra", namespace="acme")["results"][0]["price"]),
            "prices of the API": lambda world: of_minor(world.api("prices/", product=str(world.product.pk))["results"][0]),
            "admin": lambda world: of_money(str(world.rows("price", product__id__exact=str(world.product.pk))[0])),
        },
    ),
    "how it is rated": (
        "2.6 to 5.0",
        {
            "page": lambda world: world.found(RATING),
            "reviews": lambda world: world.found(RATING, "/acme/zebra/reviews/"),
            "API": lambda world: "{low} to {high}".format(**world.api(f"products/{world.product.pk}/")["rating"]["interval"]),
            "admin": lambda world: (
                world.staff.get(f"/admin/marketplace/review/{world.product.reviews.all()[0].pk}/change/")
                .context["adminform"]
                .model_admin.rating_of_product(world.product.reviews.all()[0])
                .removeprefix("5, ")
            ),
        },
    ),
    "how many reviews it has": (
        5,
        {
            "page": lambda world: int(world.found(r"of 5, (\d+) reviews")),
            "reviews": lambda world: world.page("/acme/zebra/reviews/").count(' id="review-'),
            "API": lambda world: world.api(f"products/{world.product.pk}/")["rating"]["count"],
            "reviews of the API": lambda world: world.counted("reviews/", product=str(world.product.pk)),
            "admin": lambda world: len(world.rows("review", product__id__exact=str(world.product.pk), hidden_at__isempty="1")),
        },
    ),
    "how many products a category holds": (
        3,
        {
            "page": lambda world: int(world.found(r'class="lede">([\d,]+) images', "/categories/databases/")),
            "search": lambda world: int(world.found(NUMBER_FOUND, SHELF)),
            "filter": lambda world: shown_choice(world, "category", "databases"),
            "API": lambda world: world.counted("products/", category="databases", state="published"),
            "admin": lambda world: offered(world.rows("product", category__slug__exact="databases", state__exact="published")),
        },
    ),
    "how many products a search finds": (
        3,
        {
            "page": lambda world: int(world.found(NUMBER_FOUND, SEARCH)),
            "filters": lambda world: sum(shown_choice(world, "category", slug, "?q=zebra") for slug in ("databases", "ai")),
            "API": lambda world: world.counted("products/", q="zebra"),
            "admin": lambda world: offered(world.rows("product", q="zebra", state__exact="published")),
        },
    ),
    "how many products there are": (
        5,
        {
            "home": lambda world: world.visitor.get("/").context["facts"]["products"],
            "shelves": lambda world: sum(shelf.shelf_size for shelf in world.visitor.get("/").context["categories"]),
            "newest": lambda world: len(world.visitor.get("/").context["newest"]),
            "search": lambda world: int(world.found(NUMBER_FOUND, "/search/")),
            "API": lambda world: world.counted("products/"),
        },
    ),
    "how many products a shop has": (
        1,
        {
            "page": lambda world: world.visitor.get(f"/{world.shop}").context["page"].paginator.count,
            "beside another": lambda world: len(
                [one for one in world.visitor.get("/acme/zebra").context["related"].of_category if one.product.namespace.name == world.shop]
            ),
            "API": lambda world: world.counted("products/", namespace=world.shop),
        },
    ),
    "where it runs": (
        {"amd64", "arm64"},
        {
            "page": lambda world: short(world.found(PLATFORMS).split(", ")),
            "search": lambda world: short(
                re.findall(r'<span class="pill">([^<]+)</span>', world.found(r"(?s)Zebra store</a>(.*?)</li>", SEARCH))
            ),
            "API": lambda world: short(one["platform"] for one in world.api(f"products/{world.product.pk}/inside/")["platforms"]),
            "tags of the API": lambda world: next(
                short(tag["platforms"]) for tag in world.api("tags/", image=str(world.image.pk))["results"] if tag["name"] == "2.10"
            ),
            "admin": lambda world: next(short(row.platforms) for row in world.rows("manifest") if len(row.platforms) > 1),
        },
    ),
    "its latest version": (
        "2.10",
        {
            "page": lambda world: world.found(r"Version ([\d.]+)<"),
            "command": lambda world: world.found(r"docker pull [^ ]*/acme/zebra:([\d.]+)"),
            "API": lambda world: world.api(f"images/{world.image.pk}/")["leading_tag"],
            "dashboard": lambda world: world.found(r"acme/zebra</a></h3> <p[^>]*>([\d.]+) pushed", "/selling/"),
        },
    ),
    "how often it was pulled": (
        4321,
        {
            "page": lambda world: int(world.found(r"<span> ?([\d,]+) pulls ?</span>").replace(",", "")),
            "search": lambda world: int(world.found(r"Zebra store</a>.*?<span> ?([\d,]+) pulls ?</span>", SEARCH).replace(",", "")),
            "API": lambda world: world.api(f"images/{world.image.pk}/")["pull_count"],
            "admin": lambda world: next(row.pull_count for row in world.rows("image", q="acme/zebra")),
        },
    ),
    "how often a bundle was pulled, which is as often as the image of it that was pulled least": (
        1200,
        {
            "page": lambda world: as_number(world.found(PULLS_OF_EACH, "/acme/pair")),
            "search": lambda world: as_number(world.found(r"Pair</a>.*?" + PULLS_OF_EACH, "/search/?q=pair")),
            "most pulled": lambda world: as_number(world.found(r"Most pulled.*?Zebra store</a>.*?Pair</a>.*?" + PULLS_OF_EACH, "/")),
            "what the search ranks by": lambda world: (
                SearchEntry.objects.get(product__title=world.rows("product", q="pair")[0].title).pulls
            ),
            "what shelves rank by": lambda world: world.rows("product", q="pair")[0].pulls,
        },
    ),
}


def test_every_face_gives_the_same_answer(world: World) -> None:
    given = {question: {face: ask(world) for face, ask in faces.items()} for question, (_, faces) in QUESTIONS.items()}

    assert given == {question: dict.fromkeys(faces, answer) for question, (answer, faces) in QUESTIONS.items()}
