"""What a page costs does not grow with what somebody has pushed, written or gathered: every address that can be read, at 10 to 10,000 of each.

The addresses come from the URL configuration. Counted are queries, rows that PostgreSQL reads for them, rows that it hands over, and
bytes of the answer; never seconds.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TypeVar

import pytest
from django.db import connection, transaction
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from accounts.people.models import Account, User
from accounts.sellers.models import SellerProfile
from billing.orders.models import Order
from config.gallery.examples import EXAMPLES
from marketplace.covers.services import draw_outdated_covers
from marketplace.gifts.models import Gift
from marketplace.images.models import Image, Namespace
from marketplace.insights.models import DailyFigures
from marketplace.insights.outlook_upkeep import note_series, renew_outlooks
from marketplace.products.models import Category, Price, Product, SearchEntry
from marketplace.reviews.models import Review, ReviewVersion
from marketplace.reviews.services import count_ratings
from marketplace.search.services import count_known_words
from marketplace.trials.models import Trial
from tests.factories.accounts import AccessTokenFactory, InvitationFactory, MembershipFactory, RobotFactory, UserFactory
from tests.factories.billing import DiscountFactory, DisputeFactory, OfferFactory, PaidOrderFactory, PriceChangeFactory, SubscriptionFactory
from tests.factories.marketplace import (
    EntitlementFactory,
    GiftFactory,
    NamespaceFactory,
    ProductFactory,
    PushedImageFactory,
    ReportFactory,
    ReviewFactory,
    TrialFactory,
)
from tests.support.clients import client_of
from tests.support.much import push, write
from tests.support.multiply import key, multiply
from tests.support.pages import HEAVIEST, Page, weight
from tests.support.routes import Route, site_routes
from tests.support.rows import given

M = TypeVar("M", bound=Model)
SMALL, LARGE = 60, 600  # more than a page shows in these tests, and ten times as much
# A program that lists its seller's own tags has them sorted by age: nobody else's count, and what is handed over is a page.
OWN = {"tag-list"}
FEW, MANY, MOST = 10, 600, 10_000
# The editor offers its seller's images, of which there are as many as the quota allows: 50.
BY_QUOTA = {"marketplace:product_new", "marketplace:product_edit"}
LONGEST = 1_000  # days that a seller has sold on, here
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


@dataclass(frozen=True, slots=True)
class Cost:
    """What an answer took.

    Attributes:
        weight: of a page with its style sheets and scripts, compressed; nothing else has one.
        status: the answer's, the same however much there is: an error and a way to the door are cheap.
    """

    queries: int
    read: int
    handed_over: int
    size: int
    weight: int = 0
    status: int = 200


@dataclass(frozen=True, slots=True)
class World:
    """Somebody who sells, buys and belongs to an organisation, and their rows by the name of the parameter.

    Attributes:
        page: the person's browser.
        program: what asks the API with their token.
        staff: somebody else, who sees everything.
        today: when the test began, which is PostgreSQL's `current_date` to its end, also past midnight.
    """

    user: User
    rows: Mapping[str, Model]
    page: Client
    program: Client
    staff: Client
    today: date

    def row(self, name: str, kind: type[M]) -> M:
        """Return the row with this name."""
        found = self.rows[name]
        assert isinstance(found, kind)
        return found


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(
        "config.gallery.views.EXAMPLES", dict([*EXAMPLES.items()][:1])
    )  # mails hold no rows; all of them are weighed by the gallery's own test
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_date")
        (today,) = cursor.fetchone()
    namespace = NamespaceFactory(image_quota=10**6)
    user = namespace.owner.user
    SellerProfile.objects.filter(pk=namespace.owner_id).update(stripe_account_id=None)  # nobody is there to be asked
    product = ProductFactory(namespace=namespace, category=Category.objects.get(pk="databases"))
    order = PaidOrderFactory(placed_by=user)
    dispute = DisputeFactory(order=PaidOrderFactory(product=product))
    own = MembershipFactory(user=user)
    token = AccessTokenFactory(user=user)
    image = product.images.get()
    review = ReviewFactory(product=product)
    report = ReportFactory(product=product, upheld=True)
    rows = {
        "handle": own.account,
        "review_id": review,
        "review": review,
        "report_id": report,
        "report": ReportFactory(reporter=user),
        "membership_id": own,
        "invitation_id": InvitationFactory(account=own.account),
        "robot_id": RobotFactory(organisation=own.account),
        "product_id": product,
        "image_id": image,
        "order_id": order,
        "dispute_id": dispute,
        "subscription_id": SubscriptionFactory(placed_by=user),
        "price_id": ProductFactory(namespace=namespace, price__interval="month").prices.get(),
        "token_id": token,
        "access-token": token,
        "robot": RobotFactory(organisation=own.account),
        "namespace": namespace,
        "namespace_id": namespace,
        "image": image,
        "tag": image.tags.get(),
        "product": product,
        "price": product.prices.get(),
        "order": order,
        "discount": DiscountFactory(seller=namespace.owner.seller),
        "offer_id": OfferFactory(account=user.account, email=""),
        "gift_id": GiftFactory(product=product),
        "gift": GiftFactory(product=product),
        "trial": TrialFactory(user=user),
    }
    program = Client(headers={"authorization": f"Bearer {token.secret}"})
    return World(user, rows, client_of(user), program, client_of(UserFactory(staff=True)), today)


def address_of(route: Route, rows: Mapping[str, Model]) -> str | None:
    """Return where the route leads with these rows; None where it wants something else: a key out of a mail, a picture."""
    try:
        return reverse(route.name, kwargs=given(route, rows))
    except (KeyError, NoReverseMatch):
        return None


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


def cost_of(client: Client, address: str, *, read: "Planned | None", former: Cost | None) -> Cost | None:
    """Return what an answer took; None where there is nothing to be read.

    What a first visit alone costs, a greeting for one, is no cost of the address: it is asked once more where that may be it.
    """
    if former is None and client.get(address).status_code in {404, 405}:
        return None
    queries, cost = asked(client, address)
    if former is not None and has_grown(replace(former, handed_over=0), cost):
        queries, cost = asked(client, address)
    assert former is None or cost.status == former.status, (address, former.status, cost.status)
    plans = [read.plan(query["sql"]) for query in queries if query["sql"].lstrip().startswith(("SELECT", "WITH"))] if read else []
    return replace(cost, read=sum(own for own, _ in plans), handed_over=sum(handed for _, handed in plans))


def asked(client: Client, address: str) -> tuple[list[dict[str, str]], Cost]:
    """Ask once; return the queries, and what it took beside their rows."""
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(address)
    assert answer.status_code < 500, address
    page = answer.headers.get("Content-Type", "").startswith("text/html")
    heavy = weight(answer, Page(answer.content.decode())) if page else 0
    return queries.captured_queries, Cost(len(queries), 0, 0, len(answer.content), heavy, answer.status_code)


class Planned:
    """Has PostgreSQL run readings once more, by indexes where it has them: small tables are else read whole.

    The same reading of the same rows reads as many each time, so one that many pages begin with is run for the first of them.
    """

    def __init__(self) -> None:
        self.known: dict[str, tuple[int, int]] = {}

    def plan(self, sql: str) -> tuple[int, int]:
        """Return how many rows the reading looks at, and how many it hands over."""
        if sql not in self.known:
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL enable_seqscan = off")
                cursor.execute("EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) " + sql)
                (told,) = cursor.fetchone()
                cursor.execute("SET LOCAL enable_seqscan = on")
            plan = (told if isinstance(told, list) else json.loads(told))[0]["Plan"]
            self.known[sql] = rows_read(plan), int(plan["Actual Rows"])
        return self.known[sql]


def rows_read(plan: dict) -> int:
    """How many rows all steps of an executed plan have looked at."""
    own = (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)) * plan["Actual Loops"]
    return int(own) + sum(map(rows_read, plan.get("Plans", [])))


# Every foreign key of one column: Django makes no other.
_KEYS = """
SELECT conrelid::regclass, own.attname, confrelid::regclass, other.attname FROM pg_constraint
  JOIN pg_attribute own ON own.attrelid = conrelid AND own.attnum = conkey[1]
  JOIN pg_attribute other ON other.attrelid = confrelid AND other.attnum = confkey[1]
 WHERE contype = 'f' AND conparentid = 0
"""
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


def gather(world: World, numbers: range) -> None:
    """Let there be so many more products, days, held images, orders, members, invitations, tokens, robots, reviews and reports."""
    _know(numbers)
    _sell(world, numbers)
    _hold(world, numbers)
    _join(world, numbers)
    _speak(world, numbers)


def _know(numbers: range) -> None:
    """Let there be so many people, each with an account."""
    template = UserFactory()
    multiply(template, numbers, "user", username="'m' || n", email="'m' || n || '@example.test'")
    multiply(template.account, numbers, "account", user_id=key("user"), name="'m' || n", handle="'m' || n")


def _sell(world: World, numbers: range) -> None:
    """Let the person's namespace have so many products on sale, and so many days have gone by."""
    namespace = world.row("namespace", Namespace)
    much = {"title": "Much", "description": "word " * 100, "licence_text": "word " * 500}
    product = ProductFactory(namespace=namespace, category=Category.objects.get(pk="databases"), **much)
    named = {"slug": "'p' || n", "title": "'Much ' || n"}
    multiply(product, numbers, "product", **named)
    image = product.images.get()
    multiply(image, numbers, "image", name="'p' || n", repository=f"'{namespace.name}/p' || n", leading_tag_id="NULL")
    multiply(product.product_images.get(), numbers, product_id=key("product"), image_id=key("image"))
    multiply(product.prices.get(), numbers, product_id=key("product"))
    multiply(SearchEntry.objects.get(pk=product.pk), numbers, product_id=key("product"))
    count_known_words()
    multiply(DiscountFactory(seller=namespace.owner.seller), numbers, code="'CODE' || n")
    for code in ("eur", ""):
        seller, day = namespace.owner.seller, world.today - timedelta(days=numbers.start - 1)
        one = DailyFigures.objects.create(seller=seller, day=day, currency=code, paid=500, orders=1, checkouts=1, views=2)
        multiply(one, range(numbers.start + 1, min(numbers.stop, LONGEST)), day="current_date - (n - 1)::int")
        multiply(one, numbers, day="current_date - 30", product_id=key("product"))
    note_series(first=world.today - timedelta(days=2), last=world.today)
    renew_outlooks(until=world.today - timedelta(days=1))


def _hold(world: World, numbers: range) -> None:
    """Let the person hold so many images, have ordered as often, and have sold and given as much."""
    product, account = world.row("product", Product), world.user.account
    image = PushedImageFactory()
    multiply(image, numbers, "held", name="'h' || n", repository=f"'{image.namespace.name}/h' || n", leading_tag_id="NULL")
    entitlement = EntitlementFactory(holder=account, image=image, source_kind="free", source_id=image.pk)
    multiply(entitlement, numbers, image_id=key("held"), source_id=key("held"))
    multiply(world.row("trial", Trial), numbers, product_id=key("product"))
    multiply(world.row("gift", Gift), numbers, secret_hash="NULL", source_id="gen_random_uuid()")
    once = {"checkout_session_id": "NULL", "payment_intent_id": "NULL"}
    multiply(world.row("order", Order), numbers, **once)
    multiply(Order.objects.filter(product=product)[0], numbers, **once)
    paid = EntitlementFactory(holder=UserFactory().account, image=world.row("image", Image))
    multiply(paid, numbers, holder_id=key("account"), source_id="gen_random_uuid()")
    subscription = SubscriptionFactory(placed_by=world.user, stripe_subscription_id=f"sub_of_{numbers.start}")
    multiply(subscription, numbers, "subscription", stripe_subscription_id="'sub_' || n")
    multiply(PriceChangeFactory(subscription=subscription), numbers, subscription_id=key("subscription"))
    sold = SubscriptionFactory(product=world.row("price_id", Price).product, stripe_subscription_id=f"sub_to_{numbers.start}")
    multiply(sold, numbers, stripe_subscription_id="'sub_sold_' || n", amount="1000 + n")  # each at a price of its own


def _join(world: World, numbers: range) -> None:
    """Let the organisation have so many members, invitations and robots, and the person so many tokens."""
    organisation = world.row("handle", Account)
    multiply(MembershipFactory(account=organisation), numbers, user_id=key("user"))
    invitation = InvitationFactory(account=organisation)
    multiply(invitation, numbers, email="'i' || n || '@example.test'", secret_hash="md5('i' || n)")
    for token in (AccessTokenFactory(user=world.user), RobotFactory(organisation=organisation)):
        multiply(token, numbers, name="'t' || n", secret_hash=f"md5('{token.pk}' || n)")


def _speak(world: World, numbers: range) -> None:
    """Let so many buyers review the product, each with a former version, and as many reports be made by the person, and by others."""
    product, user = world.row("product", Product), world.user
    review = world.row("review", Review)
    version = ReviewVersion.objects.create(review=review, rating=3, text="word", written_at=timezone.now())
    said = {"text": "repeat('word ', 20)", "edited_at": "now()"}
    multiply(review, numbers, "review", buyer_id=key("account"), author_id=key("user"), **said)
    multiply(version, numbers, review_id=key("review"))
    count_ratings(product)
    words = {"concerned": user.account, "details": "word", "answer": "word", "decision": "word"}
    multiply(ReportFactory(product=product, reporter=user, upheld=True, **words), numbers, target_id=key("review"))
    multiply(ReportFactory(product=product), numbers, reporter_id=key("user"), target_id=key("review"))


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


def dangling() -> list[str]:
    """Return the columns in which some row names a row that is not there: those of copies are checked at the end, which never comes."""
    with connection.cursor() as cursor:
        cursor.execute(_KEYS)
        counts = " UNION ALL ".join(
            f"SELECT '{table}.{column}' WHERE EXISTS (SELECT FROM {table} AS own LEFT JOIN {other} AS other ON other.{to} = own.{column}"
            f" WHERE own.{column} IS NOT NULL AND other.{to} IS NULL)"
            for table, column, other, to in cursor.fetchall()
        )
        cursor.execute(counts)
        return [name for (name,) in cursor.fetchall()]


def reads_ever_more(before: Cost, after: Cost) -> bool:
    """Whether more rows are read for each that there is, as where one is compared with all. Counting and sorting reads each once."""
    return after.read > 4 * before.read * MOST / MANY + 1_000  # another plan may read each in one table more


def has_grown(before: Cost, after: Cost, *, read: bool = False) -> bool:
    """Whether a cost follows what there is, and does not merely vary with the lengths of names and numbers."""
    follows = after.queries > before.queries or after.handed_over > before.handed_over + 20 or after.size > 1.1 * before.size + 1_000
    return follows or (read and after.read > 2 * before.read + 200)


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
