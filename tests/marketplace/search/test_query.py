import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from common.money import Money
from marketplace.products.models import Product, SearchEntry
from marketplace.products.services.editing import create_product, edit_product, set_images
from marketplace.products.services.prices import set_price
from marketplace.products.services.publishing import publish_product, withdraw_product
from marketplace.products.services.search_entries import refresh_search_entries, write_sales
from marketplace.search.query import Sort, ask, matching, ordered
from marketplace.search.ranking import RANKED, best_matches
from marketplace.search.results import find
from marketplace.search.services import count_known_words
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
    return kind(title=title, **fields)


def found(query="", *, sort=None, page=1, **chosen):
    return [one.title for one in find(text=query, chosen=chosen, sort=sort, page=str(page)).products]


@pytest.fixture
def shelf():
    CategoryFactory(slug="databases")
    CategoryFactory(slug="ai")
    namespace = NamespaceFactory(name="datahouse")
    image = PushedImageFactory(namespace=namespace, name="pgbouncer-ha", pull_count=900)
    product("Connection pooler", namespace=namespace, images=[image], summary="Keeps databases calm.", category_id="databases")
    product("Postgres HA", summary="A cluster in a box.", category_id="databases", price__amount=4900)
    product("Vector search", kind=FreeProductFactory, description="Finds *neighbours* of embeddings in Postgres.", category_id="ai")
    refresh_search_entries()
    count_known_words()


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
        pytest.param("postgras", ["Postgres HA", "Vector search"], id="a typing error"),
        pytest.param("potsgres", ["Postgres HA", "Vector search"], id="two letters exchanged"),
        pytest.param("conection poler", ["Connection pooler"], id="two typing errors"),
        pytest.param("postg", ["Postgres HA", "Vector search"], id="the beginning of a word"),
        pytest.param("pool", ["Connection pooler"], id="the beginning of a name"),
        pytest.param("postgresql", ["Postgres HA", "Vector search"], id="a synonym"),
        pytest.param("pg -cluster", ["Vector search"], id="a synonym, and not that"),
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
    assert found(query) == titles


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

    assert found(pasted.format(host=settings.LAYERSTORE_IMAGE_HOST))[0] == "Connection pooler"


def test_what_is_pasted_finds_a_bundle_by_its_address_and_by_its_images(shelf):
    namespace = NamespaceFactory(name="acme")
    images = [PushedImageFactory(namespace=namespace, name=name) for name in ("web", "the")]
    product("Everything", namespace=namespace, images=images, slug="all-of-it")

    assert [found(text) for text in ("docker pull acme/the", "acme/all-of-it")] == [["Everything"]] * 2


def test_a_name_of_nothing_finds_what_is_called_alike(shelf):
    assert found("docker pull datahouse/pgbouncer:2") == ["Connection pooler"]


@pytest.mark.parametrize("text", ["redis", "Redis", " REDIS "])
def test_an_exact_name_beats_a_title_that_repeats_the_word(text):
    namespace = NamespaceFactory(name="acme")
    product("Key-value store", namespace=namespace, slug="store", images=[PushedImageFactory(namespace=namespace, name="redis")])
    product("Something else", slug="redis")
    product("Redis", slug="titled")
    loud = product("Redis redis redis redis for redis", summary="redis " * 20, description="redis " * 500)

    assert found(text)[-1] == loud.title
    assert set(found(text)[:3]) == {"Key-value store", "Something else", "Redis"}


def test_no_words_list_everything_newest_first(shelf):
    assert found() == ["Vector search", "Postgres HA", "Connection pooler"]
    assert found("  ", sort=Sort.RELEVANCE) == found()


def test_filters_narrow_and_go_together(shelf):
    assert found(category=["databases"]) == ["Postgres HA", "Connection pooler"]
    assert found(price=["free"]) == ["Vector search"]
    assert found(price=["paid"]) == ["Postgres HA", "Connection pooler"]
    assert found("postgres", price=["paid"], category=["databases"]) == ["Postgres HA"]
    assert found(category=["ai"], price=["paid"]) == []


def test_lists_are_sorted_as_asked(shelf):
    write_sales(sales={Product.objects.get(title="Postgres HA").pk: 3})
    assert found(sort=Sort.SALES)[0] == "Postgres HA"
    assert found(sort=Sort.POPULAR)[0] == "Connection pooler"
    assert found(sort=Sort.PRICE) == ["Vector search", "Connection pooler", "Postgres HA"]
    assert found(sort=Sort.NEWEST) == found()
    assert found("postgres", sort=Sort.PRICE) == ["Vector search", "Postgres HA"]


def test_prices_are_compared_across_currencies():
    product("Ten dollars", price__amount=1_000, price__currency="usd")
    product("About three euros", price__amount=7_500, price__currency="czk")
    product("Nine euros", price__amount=900, price__currency="eur")

    assert found(sort=Sort.PRICE) == ["About three euros", "Nine euros", "Ten dollars"]


def test_among_alike_names_what_many_use_comes_first():
    for title, pulls in (("Cache one", 3), ("Cache two", 900_000), ("Cache three", 40)):
        image = PushedImageFactory(pull_count=pulls)
        product(title, namespace=image.namespace, images=[image])

    assert found("cache") == ["Cache two", "Cache three", "Cache one"]


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
    assert [found(title) for title in ("Draft", "Withdrawn", "Suspended", "Taken down", "Stopped")] == [[]] * 5


def test_an_edit_and_new_images_are_found_at_once():
    namespace = NamespaceFactory()
    owner = namespace.owner.user
    made = create_product(
        seller=namespace.owner.seller,
        namespace=namespace,
        actor=owner,
        images=[PushedImageFactory(namespace=namespace)],
        title="Cache",
        slug="cache",
    )
    set_price(product=made, money=Money(0, "eur"), actor=owner)
    assert found("cache") == []
    publish_product(product=made, actor=owner)
    assert found("cache") == ["Cache"]

    edit_product(product=made, actor=owner, title="Warehouse")
    assert found("warehouse") == ["Warehouse"]
    assert found("quux") == []
    set_images(product=made, images=[PushedImageFactory(namespace=namespace, name="quux")], actor=owner)
    assert found("quux") == ["Warehouse"]
    withdraw_product(product=made, actor=owner)
    assert found("warehouse") == []


def test_a_search_takes_the_same_statements_however_much_there_is(shelf, django_assert_num_queries):
    def ask_again():
        return find(text="postgres", chosen={"category": ["databases"], "price": ["paid"]}, sort=None, page=None)

    with CaptureQueriesContext(connection) as few:
        ask_again()
    for number in range(20):
        product(f"Postgres {number}", category_id="databases")

    with django_assert_num_queries(len(few)):
        assert len(ask_again().products) == 12


def many(number, **texts):
    """Entries of products with these texts, whom nobody pulls, made in bulk."""
    (pattern,) = SearchEntry.objects.filter(product__title="Postgres HA")
    products = Product.objects.bulk_create(
        Product(
            slug=f"p-{n}",
            title=f"Product {n}",
            namespace=pattern.product.namespace,
            seller=pattern.product.seller,
            state="published",
            published_at=timezone.now(),
        )
        for n in range(number)
    )
    fields = {name: getattr(pattern, name) for name in ("cost", "licence", "changed_at", "published_at", "indexed_at", "called", "words")}
    SearchEntry.objects.bulk_create(SearchEntry(product=one, **fields | texts) for one in products)


def test_words_and_orders_are_looked_up_in_the_indexes(shelf):
    many(3_000, names="'product':1A", document="'product':1A")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE marketplace_searchentry")

    question = ask("postgres")
    assert "search_entry_document" in matching(question).explain()
    for sort, index in ((Sort.NEWEST, "newest"), (Sort.SALES, "sales"), (Sort.POPULAR, "pulls"), (Sort.PRICE, "cost")):
        assert f"search_entry_{index}" in ordered(SearchEntry.objects.all(), sort)[:12].explain()


def test_of_a_word_that_most_products_have_the_names_come_first_and_each_product_once(shelf):
    many(700, names="'gres':1A", document="'gres':1A 'postgr':2", called=["nothing"], pulls=1_000_000)

    listed = best_matches(ask("postgres"), {}, begin=0, most=1_000)

    assert len(set(listed)) == len(listed) == RANKED
    titles = dict(Product.objects.values_list("pk", "title"))
    assert titles[listed[0]] == "Postgres HA"
    assert find(text="postgres", chosen={}, sort=None, page="999").page.number == RANKED // 12


def test_an_exact_name_is_found_among_many_that_more_people_use(shelf):
    many(800, names="'postgr':1A", document="'postgr':1A", called=["nothing"], pulls=1_000_000)
    exact = Product.objects.get(title="Postgres HA")
    SearchEntry.objects.filter(pk=exact.pk).update(called=["postgres"])

    assert found("postgres")[0] == "Postgres HA"


def test_only_so_many_pages_can_be_turned(shelf, monkeypatch):
    monkeypatch.setattr("marketplace.search.results.MOST_LISTED", 2)
    monkeypatch.setattr("marketplace.search.results.PER_PAGE", 1)

    assert found(page=99) == ["Postgres HA"]
    assert find(text="", chosen={}, sort=None, page=None).counted.total == 3


def test_what_was_stopped_a_moment_ago_is_not_shown(shelf):
    Product.objects.filter(title="Vector search").update(state=Product.State.WITHDRAWN)

    assert found("postgres") == ["Postgres HA"]
    refresh_search_entries()
    assert find(text="postgres", chosen={}, sort=None, page=None).counted.total == 1
