"""The editions of a product on its page, in lists, and for search engines."""

import json
import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.people.models import User
from common.web.templatetags import display
from marketplace.images.models import Image, Namespace
from marketplace.products.models import Edition, Product
from marketplace.shopwindow.views import shops
from tests.factories.marketplace import EditionFactory, EntitlementFactory, PriceFactory, ProductFactory, PushedImageFactory
from tests.support.pages import assert_sound

pytestmark = pytest.mark.django_db


@pytest.fixture
def images(namespace: Namespace) -> list[Image]:
    return [PushedImageFactory(namespace=namespace, name=name) for name in ("db", "failover")]


@pytest.fixture
def product(namespace: Namespace, images: list[Image]) -> Product:
    made: Product = ProductFactory(namespace=namespace, slug="db", title="Postgres HA", images=images)
    EditionFactory(product=made, name="Standard", line="For one server.", images=images[:1], price__amount=500)
    EditionFactory(product=made, name="Pro & more", images=images, price__amount=900)
    return made


def test_the_first_edition_is_chosen_and_each_says_what_it_contains(client: Client, product: Product) -> None:
    text = assert_sound(client.get("/acme/db")).text

    assert "Edition Standard €5.00 once" in text
    assert (
        "Standard €5.00 For one server. acme/db Without acme/failover Chosen Pro & more €9.00 acme/db acme/failover Choose Pro & more"
        in text
    )
    assert f'href="/acme/db?edition={quote("Pro & more").replace("%20", "+")}#editions"' in client.get("/acme/db").content.decode()


def test_another_edition_is_chosen_by_its_link_alone(member_client: Client, product: Product) -> None:
    answer = member_client.get("/acme/db", {"edition": "Pro & more"})

    pro = Edition.objects.get(name="Pro & more")
    assert (answer.context["edition"], answer.context["price"]) == (pro, pro.prices.get())
    html = answer.content.decode()
    assert f'name="price" value="{pro.prices.get().pk}"' in html
    assert f"/billing/give/{product.pk}/?edition={quote('Pro & more', safe='')}" in html
    assert '<input type="hidden" name="edition" value="Pro &amp; more">' in html  # a code is for the same edition
    assert html.count("docker pull") >= 2


def test_choosing_another_edition_is_no_view_more_and_coming_to_one_is_a_view(
    client: Client, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[object] = []
    monkeypatch.setattr(shops, "note_view", lambda _, viewed: counted.append(viewed))

    own, other = "http://testserver/acme/db", "https://elsewhere.test/acme/db"
    for query, came_from, views in (("", "", 1), ("?edition=Standard", f"{own}?edition=Pro", 1), ("?edition=Standard", own, 1)):
        client.get(f"/acme/db{query}", headers={"referer": came_from})
        assert counted == [product] * views

    for number, came_from in enumerate(("", other, "http://testserver/search/", "http://[broken"), start=2):
        client.get("/acme/db?edition=Standard", headers={"referer": came_from})
        assert counted == [product] * number


def test_who_has_an_edition_sees_that_they_have_it_and_can_buy_the_other(
    member: User, member_client: Client, product: Product, images: list[Image]
) -> None:
    EntitlementFactory(holder=member.account, image=images[0])

    standard, pro = (member_client.get("/acme/db", {"edition": name}) for name in ("Standard", "Pro & more"))

    assert (standard.context["offer_state"].kind, pro.context["offer_state"].kind) == ("held", "sale")
    assert [card.has_it for card in standard.context["editions"]] == [True, False]


def test_the_box_says_size_and_push_of_what_the_edition_holds(client: Client, product: Product, images: list[Image]) -> None:
    days = [timezone.now() - timedelta(days=days) for days in (9, 2)]
    for image, day in zip(images, days, strict=True):
        image.tags.update(pushed_at=day)

    for name, size, pushed in (("Standard", 3_000_000, days[0]), ("Pro & more", 6_000_000, days[1])):
        answer = client.get("/acme/db", {"edition": name})
        facts = answer.context["facts"]
        assert (facts["sold_size"], facts["sold_pushed_at"], facts["size"]) == (size, pushed, 6_000_000)
        assert f"<dd>{display.size(size)}</dd>" in answer.content.decode()


def test_a_price_in_another_currency_is_of_the_same_edition(client: Client, product: Product) -> None:
    PriceFactory(product=product, edition=Edition.objects.get(name="Pro & more"), currency="usd", amount=990, leading=False)

    answer = client.get("/acme/db", {"edition": "Pro & more"})

    assert [price.currency for price in answer.context["other_prices"]] == ["usd"]
    assert client.get("/acme/db").context["other_prices"] == []


def test_lists_say_from_which_price_on(client: Client, product: Product, namespace: Namespace) -> None:
    ProductFactory(namespace=namespace, title="Alone")

    text = assert_sound(client.get("/search/")).text

    assert ("from €5.00" in text, text.count("from €")) == (True, 1)


def test_search_engines_are_told_an_offer_for_each_edition(client: Client, product: Product) -> None:
    (block,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', client.get("/acme/db").content.decode(), re.DOTALL)

    offers = json.loads(block)["offers"]
    assert [(one["name"], one["price"], one["availability"].rpartition("/")[2]) for one in offers] == [
        ("Standard", "5.00", "InStock"),
        ("Pro & more", "9.00", "InStock"),
    ]
    assert offers[1]["url"].endswith("/acme/db?edition=Pro+%26+more")


def test_programs_read_the_editions_with_what_each_holds_and_costs(as_buyer: Client, product: Product) -> None:
    (listed,) = as_buyer.get("/api/v1/products/").json()["results"]
    read = as_buyer.get(f"/api/v1/products/{product.pk}/").json()

    standard, pro = read["editions"]
    assert [(one["name"], [name.rpartition("/")[2] for name in one["images"]]) for one in (standard, pro)] == [
        ("Standard", ["db"]),
        ("Pro & more", ["db", "failover"]),
    ]
    assert [price["edition"] for price in read["prices"]] == [standard["id"], pro["id"]]
    assert listed["editions"] == [{name: one[name] for name in ("id", "name", "line")} for one in (standard, pro)]
    assert read["price"]["amount"] == 500


def test_the_page_asks_as_much_for_any_number_of_editions(member_client: Client, product: Product, images: list[Image]) -> None:
    member_client.get("/acme/db")
    with CaptureQueriesContext(connection) as few:
        member_client.get("/acme/db")
    for number in range(4):
        EditionFactory(product=product, name=f"E{number}", images=images)
    with CaptureQueriesContext(connection) as more:
        member_client.get("/acme/db")

    assert len(more) == len(few)
