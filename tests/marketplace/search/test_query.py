import pytest
from django.contrib.postgres.search import SearchVector
from django.db import connection
from django.utils import timezone

from marketplace.insights.services import add_up_pulls
from marketplace.products.models import Product
from marketplace.products.services.editing import create_product, edit_product, set_images
from marketplace.products.services.search_document import index_product
from marketplace.search.query import Sort, search_products
from tests.factories.marketplace import (
    CategoryFactory,
    DraftProductFactory,
    FreeProductFactory,
    NamespaceFactory,
    ProductFactory,
    PushedImageFactory,
)

pytestmark = pytest.mark.django_db


def product(title, *, kind=ProductFactory, **fields):
    made = kind(title=title, **fields)
    index_product(made)
    return made


def found(**asked):
    return [one.title for one in search_products(**asked)]


@pytest.fixture
def shelf():
    CategoryFactory(slug="databases")
    CategoryFactory(slug="ai")
    namespace = NamespaceFactory(name="datahouse")
    image = PushedImageFactory(namespace=namespace, name="pgbouncer-ha", pull_count=900)
    product("Connection pooler", namespace=namespace, images=[image], summary="Keeps databases calm.", category_id="databases")
    product("Postgres HA", summary="A cluster in a box.", category_id="databases", price__amount=4900)
    product("Vector search", kind=FreeProductFactory, description="Finds *neighbours* of embeddings in Postgres.", category_id="ai")


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        pytest.param("postgres", ["Postgres HA", "Vector search"], id="title before description"),
        pytest.param("POSTGRES", ["Postgres HA", "Vector search"], id="capitals"),
        pytest.param("database", ["Connection pooler"], id="a summary's word in another form"),
        pytest.param("embedding", ["Vector search"], id="in the description"),
        pytest.param("pgbouncer", ["Connection pooler"], id="part of a repository"),
        pytest.param("datahouse/pgbouncer-ha", ["Connection pooler"], id="a whole repository"),
        pytest.param("datahouse", ["Connection pooler"], id="a namespace"),
        pytest.param("postgras", ["Postgres HA"], id="a typing error"),
        pytest.param("pgbouncr", ["Connection pooler"], id="a typing error in a repository"),
        pytest.param("postgres -cluster", ["Vector search"], id="not that"),
        pytest.param('"connection pooler"', ["Connection pooler"], id="in quotes"),
        pytest.param("poolers/databases calm", ["Connection pooler"], id="a slash between words"),
        pytest.param("quantum", [], id="nothing"),
        pytest.param("' OR 1=1 -- & | ! ( \x00", [], id="odd signs"),
        pytest.param("%", [], id="a sign of SQL"),
    ],
)
def test_words_find_what_people_mean(shelf, query, titles):
    assert found(query=query) == titles


DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    "pasted",
    [
        "datahouse/pgbouncer-ha",
        "datahouse/pgbouncer-ha:1.0",
        "{host}/datahouse/pgbouncer-ha",
        "{host}/datahouse/pgbouncer-ha:1.0",
        f"{{host}}/datahouse/pgbouncer-ha@{DIGEST}",
        f"datahouse/pgbouncer-ha:1.0@{DIGEST}",
        "docker pull {host}/datahouse/pgbouncer-ha:1.0",
        "$ docker pull datahouse/pgbouncer-ha",
        "sudo docker run --rm -it -p 6432:6432 -v /srv/data:/data {host}/datahouse/pgbouncer-ha:1.0 --verbose",
        "docker run --platform linux/amd64 datahouse/pgbouncer-ha:1.0 sh -c 'ls'",
        "FROM {host}/datahouse/pgbouncer-ha:1.0 AS base",
        '    image: "{host}/datahouse/pgbouncer-ha:1.0"',
        "skopeo inspect docker://{host}/datahouse/pgbouncer-ha:1.0",
        "podman pull docker://datahouse/pgbouncer-ha",
        "https://{host}/datahouse/pgbouncer-ha",
        'Failed to pull image "{host}/datahouse/pgbouncer-ha:1.0": rpc error: code = Unknown desc = denied',
        "Error response from daemon: pull access denied for {host}/datahouse/pgbouncer-ha, repository does not exist",
        "\x1b[32mStatus: Downloaded newer image for {host}/datahouse/pgbouncer-ha:1.0\x1b[0m",
        "docker pull {host}/datahouse/pgbouncer-ha:1.0\n1.0: Pulling from datahouse/pgbouncer-ha\nDigest: " + DIGEST,
        "docker pull {host}/datahouse/pgbouncer-ha:1.0 " + "and what came of it " * 200,
    ],
)
def test_what_is_pasted_from_a_terminal_finds_its_image_first(shelf, settings, pasted):
    product(
        "pgbouncer-ha pgbouncer-ha docker pull image", summary="datahouse pgbouncer ha, pgbouncer, pgbouncer", description="pgbouncer " * 50
    )

    assert found(query=pasted.format(host=settings.LAYERSTORE_IMAGE_HOST))[0] == "Connection pooler"


def test_what_is_pasted_finds_a_bundle_by_its_address_and_by_its_images(shelf):
    namespace = NamespaceFactory(name="acme")
    images = [PushedImageFactory(namespace=namespace, name=name) for name in ("web", "the")]
    product("Everything", namespace=namespace, images=images, slug="all-of-it")

    assert [found(query=text) for text in ("docker pull acme/the", "acme/all-of-it")] == [["Everything"]] * 2


def test_a_name_of_nothing_finds_what_is_called_alike(shelf):
    assert found(query="docker pull datahouse/pgbouncer:2") == ["Connection pooler"]


@pytest.mark.parametrize("text", ["redis", "Redis", " REDIS "])
def test_an_exact_name_beats_a_title_that_repeats_the_word(text):
    namespace = NamespaceFactory(name="acme")
    product("Key-value store", namespace=namespace, slug="store", images=[PushedImageFactory(namespace=namespace, name="redis")])
    product("Something else", slug="redis")
    product("Redis", slug="titled")
    loud = product("Redis redis redis redis for redis", summary="redis " * 20, description="redis " * 500)

    assert found(query=text)[-1] == loud.title
    assert set(found(query=text)[:3]) == {"Key-value store", "Something else", "Redis"}


def test_no_words_list_everything_newest_first(shelf):
    assert found() == ["Vector search", "Postgres HA", "Connection pooler"]
    assert found(query="  ", sort=Sort.RELEVANCE) == found()


def test_filters_narrow_and_go_together(shelf):
    assert found(category="databases") == ["Postgres HA", "Connection pooler"]
    assert found(free=True) == ["Vector search"]
    assert found(free=False) == ["Postgres HA", "Connection pooler"]
    assert found(query="postgres", free=False, category="databases") == ["Postgres HA"]
    assert found(category="ai", free=False) == []


def test_lists_are_sorted_as_asked(shelf):
    add_up_pulls()
    assert found(sort=Sort.POPULAR)[0] == "Connection pooler"
    assert found(sort=Sort.PRICE) == ["Vector search", "Connection pooler", "Postgres HA"]
    assert found(sort=Sort.NEWEST) == found()
    assert found(query="postgres", sort=Sort.PRICE) == ["Vector search", "Postgres HA"]


def test_what_strangers_may_not_see_is_not_found():
    product("Draft", kind=DraftProductFactory)
    product("Withdrawn", state=Product.State.WITHDRAWN)
    product("Suspended", state=Product.State.SUSPENDED, suspension_reason="Wrong.")
    down = product("Taken down")
    down.images.update(taken_down_at=timezone.now(), take_down_reason="Malware.")
    stopped = product("Stopped")
    stopped.seller.suspended_at, stopped.seller.suspension_reason = timezone.now(), "Fraud."
    stopped.seller.save()

    assert found() == []
    assert [found(query=title) for title in ("Draft", "Withdrawn", "Suspended", "Taken down", "Stopped")] == [[]] * 5


def test_an_edit_and_new_images_are_found_at_once():
    namespace = NamespaceFactory()
    owner = namespace.owner.user
    made = create_product(seller=namespace.owner.seller, namespace=namespace, actor=owner, images=[], title="Cache", slug="cache")
    Product.objects.update(state=Product.State.PUBLISHED, published_at=timezone.now())
    assert found(query="cache") == ["Cache"]

    edit_product(product=made, actor=owner, title="Warehouse")
    assert found(query="warehouse") == ["Warehouse"]
    assert found(query="quux") == []
    Product.objects.update(state=Product.State.WITHDRAWN)
    set_images(product=made, images=[PushedImageFactory(namespace=namespace, name="quux")], actor=owner)
    Product.objects.update(state=Product.State.PUBLISHED)
    assert found(query="quux") == ["Warehouse"]


def test_a_search_is_one_query_however_much_there_is(shelf, django_assert_num_queries):
    with django_assert_num_queries(1):
        list(search_products(query="postgres", category="databases", free=False, sort=Sort.POPULAR))


def test_words_are_looked_up_in_the_indexes():
    namespace = NamespaceFactory()
    fields = {"namespace": namespace, "seller": namespace.owner.seller, "state": "published", "published_at": timezone.now()}
    Product.objects.bulk_create(
        Product(slug=f"p-{n}", title=f"Product {n}", search_words=f"{n:x} {n * 7:x}", **fields) for n in range(3_000)
    )
    Product.objects.update(search_document=SearchVector("search_words", config="english"))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE marketplace_product")
        for index in ("product_search_document", "product_search_words"):
            cursor.execute("SELECT gin_clean_pending_list(%s::regclass)", [index])

    plan = search_products(query="postgres").explain()

    assert "product_search_document" in plan
    assert "product_search_words" in plan
