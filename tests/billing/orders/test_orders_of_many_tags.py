"""What a seller pushes makes no order longer: it keeps the version that was led with and the newest tags, and lists carry neither."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.people.models import User
from billing.checkout.placing import place_order
from billing.orders.models import Order
from billing.orders.sold_images import TAGS_KEPT, as_sold
from marketplace.images.models import Tag
from marketplace.images.selectors.tags import leading_tags
from marketplace.products.errors import ProductNotOffered
from marketplace.products.models import Product
from tests.factories.accounts import AccessTokenFactory, UserFactory
from tests.factories.marketplace import ProductFactory, TagFactory

pytestmark = pytest.mark.django_db

TAGS = 300
LONGEST_ANSWER = 10_000  # bytes; 300 digests have 24,000


@pytest.fixture
def product() -> Product:
    product = ProductFactory()
    image = product.images.get()
    manifest, now = image.tags.get().manifest, timezone.now()
    Tag.objects.bulk_create(
        Tag(image=image, manifest=manifest, name=f"1.{number}", pushed_at=now - timedelta(minutes=number)) for number in range(1, TAGS)
    )
    TagFactory(image=image, name="sha256-1234.sig")
    return product


@pytest.fixture
def buyer() -> User:
    return UserFactory()


@pytest.fixture
def order(product: Product, buyer: User) -> Order:
    return place_order(product=product, user=buyer)


def test_an_order_keeps_what_was_led_with_and_the_newest(order: Order) -> None:
    sold = order.images.get()
    leading = leading_tags([sold.image_id])[sold.image_id]

    assert (sold.featured_tag, sold.digests[leading.name], sold.tag_count) == (leading.name, leading.manifest.digest, TAGS)
    assert TAGS_KEPT <= len(sold.digests) <= TAGS_KEPT + 1
    assert {f"1.{number}" for number in range(1, TAGS_KEPT)} <= sold.digests.keys()
    assert sold.tags_left_out == TAGS - len(sold.digests)


def test_an_image_without_tags_is_not_sold_and_a_renewal_says_no_digests_of_it(product: Product, order: Order, buyer: User) -> None:
    product.images.get().tags.all().delete()
    product = Product.objects.get(pk=product.pk)

    with pytest.raises(ProductNotOffered):
        place_order(product=product, user=buyer)
    (sold,) = as_sold(order, [product.images.get()])
    assert (sold.featured_tag, sold.digests, sold.tag_count, sold.tags_left_out) == ("", {}, 0, 0)


def test_no_answer_of_the_api_grows_with_them(order: Order, buyer: User) -> None:
    api = Client(headers={"Authorization": f"Bearer {AccessTokenFactory(user=buyer).secret}"})

    listed, alone = api.get("/api/v1/orders/"), api.get(f"/api/v1/orders/{order.pk}/")

    (row,) = listed.json()["results"]
    sold = order.images.get()
    assert row["images"] == [{"repository": sold.repository, "featured_tag": sold.featured_tag, "tag_count": TAGS}]
    assert row.keys() & {"refunds", "checkout_url"} == set()
    assert (len(listed.content) < LONGEST_ANSWER, len(alone.content) < LONGEST_ANSWER) == (True, True)
    assert alone.json()["images"] == [row["images"][0] | {"digests": sold.digests}]


def test_no_list_reads_them(order: Order, buyer: User, django_assert_num_queries) -> None:
    client = Client()
    client.force_login(buyer)

    with django_assert_num_queries(7) as asked:
        assert order.number in client.get("/orders/").content.decode()

    assert not any("digests" in query["sql"] or "checkout_url" in query["sql"] for query in asked.captured_queries)


def test_the_order_s_page_says_how_many_there_were(order: Order, buyer: User) -> None:
    client = Client()
    client.force_login(buyer)

    page = client.get(f"/orders/{order.pk}/").content.decode()

    assert f"had {TAGS} tags; the newest are listed" in page
    assert page.count("sha256:") <= TAGS_KEPT + 1
