"""What a page costs does not grow with what somebody has pushed, written or gathered: every address that can be read, ten times as much of it.

The addresses come from the URL configuration. Counted are queries, rows that PostgreSQL reads for them, rows that it hands over, and
bytes of the answer; never seconds.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from accounts.organisations.models import Invitation, Membership, Role
from accounts.people.models import Account, User
from accounts.sellers.models import SellerProfile
from accounts.tokens.models import AccessToken
from billing.orders.models import Order
from marketplace.contents.facts import ImageFacts
from marketplace.contents.models import ManifestContents
from marketplace.contents.services import Contents, record_contents
from marketplace.covers.services import draw_outdated_covers
from marketplace.entitlements.models import Entitlement
from marketplace.images.models import Image, Manifest, Namespace, Tag, TagMove
from marketplace.images.oci import MANIFEST
from marketplace.images.services.leading_tags import update_leading_tag
from marketplace.images.services.manifests import LayerDescription, ManifestDescription, describe_manifest
from marketplace.insights.models import DailyFigures
from marketplace.insights.outlook_upkeep import note_series, renew_outlooks
from marketplace.moderation.models import Report
from marketplace.products.models import Category, Price, Product, ProductImage
from marketplace.products.services.descriptions import render_outdated_descriptions
from marketplace.reviews.models import Review, ReviewVersion
from marketplace.reviews.services import count_ratings
from tests.factories.accounts import AccessTokenFactory, InvitationFactory, MembershipFactory, RobotFactory
from tests.factories.billing import PaidOrderFactory
from tests.factories.marketplace import (
    EntitlementFactory,
    ImageFactory,
    NamespaceFactory,
    ProductFactory,
    PushedImageFactory,
    ReportFactory,
    ReviewFactory,
    digest_of,
)
from tests.support.routes import Route, site_routes
from tests.support.rows import given

SMALL, LARGE = 60, 600  # more than a page shows in these tests, and ten times as much
# A program that lists its seller's own tags has them sorted by age: nobody else's count, and what is handed over is a page.
OWN = {"tag-list"}
ROUTES = [route for route in site_routes() if route.name and not route.name.startswith("admin:") and "<path>" not in route.pattern]


@dataclass(frozen=True, slots=True)
class Cost:
    """What an answer took."""

    queries: int
    read: int
    handed_over: int
    size: int


@dataclass(frozen=True, slots=True)
class World:
    """Somebody who sells, buys and belongs to an organisation, and their rows by the name of the parameter."""

    user: User
    secret: str
    rows: Mapping[str, Model]


@pytest.fixture
def world() -> World:
    namespace = NamespaceFactory(image_quota=10**6)
    user = namespace.owner.user
    SellerProfile.objects.filter(pk=namespace.owner_id).update(stripe_account_id=None)  # nobody is there to be asked
    product = ProductFactory(namespace=namespace, category=Category.objects.get(pk="databases"))
    order = PaidOrderFactory(placed_by=user)
    PaidOrderFactory(product=product)
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
    }
    return World(user, token.secret, rows)


def address_of(route: Route, rows: Mapping[str, Model]) -> str | None:
    """Return where the route leads with these rows; None where it wants something else: a key out of a mail, a picture."""
    try:
        return reverse(route.name, kwargs=given(route, rows))
    except (KeyError, NoReverseMatch):
        return None


def costs(world: World) -> dict[str, Cost]:
    """Read every address as the world's person, pages by session and the API by token."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    page = Client()
    page.force_login(world.user)
    program = Client(headers={"authorization": f"Bearer {world.secret}"})
    found = {}
    for route in ROUTES:
        address = address_of(route, world.rows)
        if address is not None:
            found[route.name] = cost_of(program if route.pattern.startswith("api/") else page, address)
    return found


def cost_of(client: Client, address: str) -> Cost:
    client.get(address)  # what a first visit alone costs, a greeting for one, is over
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(address)
    assert answer.status_code < 500, address
    plans = list(plans_of(queries))
    return Cost(len(queries), sum(map(rows_read, plans)), sum(int(plan["Actual Rows"]) for plan in plans), len(answer.content))


def plans_of(queries: CaptureQueriesContext) -> Iterator[dict]:
    """Have PostgreSQL run each reading once more, by indexes where it has them: small tables are else read whole."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for query in queries.captured_queries:
            if query["sql"].startswith("SELECT"):
                cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + query["sql"])
                (told,) = cursor.fetchone()
                yield (told if isinstance(told, list) else json.loads(told))[0]["Plan"]
        cursor.execute("SET LOCAL enable_seqscan = on")


def rows_read(plan: dict) -> int:
    """How many rows all steps of an executed plan have looked at."""
    own = (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)) * plan["Actual Loops"]
    return int(own) + sum(map(rows_read, plan.get("Plans", [])))


def push(image: Image, many: int) -> None:
    """Push so many tags, each with a manifest of its own and a signature, and as many layers into what is shown."""
    began = timezone.now() + timedelta(days=many)
    manifests = Manifest.objects.bulk_create(
        Manifest(image=image, digest=digest_of(f"{image.pk} {many} {n}"), media_type=MANIFEST, kind="image", described_at=began)
        for n in range(2 * many)
    )
    Tag.objects.bulk_create(
        Tag(
            image=image,
            name=f"sha256-{many}-{n}" if n % 2 else f"{many}.{n}",
            manifest=manifest,
            pushed_at=began + timedelta(seconds=n),
        )
        for n, manifest in enumerate(manifests)
    )
    update_leading_tag(image)
    layers = tuple(LayerDescription(digest_of(f"{n}"), n) for n in range(10 * many))
    description = ManifestDescription(Manifest.Kind.IMAGE, size=1, platforms=("linux/amd64",), layers=layers)
    shown = Tag.objects.get(led_image=image).manifest
    describe_manifest(manifest=shown, description=description)
    record_contents(manifest=shown, contents=Contents(facts=ImageFacts()))
    TagMove.objects.bulk_create(
        TagMove(image=image, tag="1.0", new_digest=one.digest, old_digest=shown.digest, at=began + timedelta(seconds=n))
        for n, one in enumerate(manifests)
    )
    about = {"image": image, "subject": shown.digest, "evidence": [["sbom", "SPDX"]], "hidden": ["the label secret"]}
    ManifestContents.objects.bulk_create(ManifestContents(manifest=one, **about) for one in manifests if one != shown)


def write(product: Product, many: int) -> None:
    """Let another product of the shop say so much."""
    Product.objects.filter(pk=product.pk).update(description="word " * many, licence_text="word " * many, description_renderer=0)
    render_outdated_descriptions(most=10)


@pytest.mark.django_db
def test_no_answer_costs_more_where_more_was_pushed_and_written(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("marketplace.images.selectors.tags.LISTED", 50)
    monkeypatch.setattr("marketplace.images.selectors.tags.LOOKED_AT", 100)
    product = world.rows["product"]
    assert isinstance(product, Product)
    other = ProductFactory(namespace=product.namespace, images=[PushedImageFactory(namespace=product.namespace) for _ in range(3)])
    EntitlementFactory(holder=world.user.account, image=PushedImageFactory())
    images = [*product.images.all(), other.images.all()[0], *Image.objects.filter(entitlements__holder=world.user.account)]
    before, after = [measured(world, images, other, many) for many in (SMALL, LARGE)]

    grown = {name for name in before if has_grown(before[name], after[name], read=name not in OWN)}
    assert {name: (before[name], after[name]) for name in grown} == {}


def measured(world: World, images: list[Image], other: Product, many: int) -> dict[str, Cost]:
    for image in images:
        push(image, many)
    write(other, 10 * many)
    draw_outdated_covers()
    return costs(world)


def gather(world: World, many: int) -> None:
    """Let there be so many more products, held images, members, invitations, tokens, robots and orders around the person."""
    product, namespace, account = world.rows["product"], world.rows["namespace"], world.user.account
    assert isinstance(namespace, Namespace)
    assert isinstance(product, Product)
    _sell(namespace, many)
    _hold(account, product, many)
    organisation = world.rows["handle"]
    assert isinstance(organisation, Account)
    _join(organisation, world.user, many)
    _speak(product, world.user, many)
    fields = {"scopes": ["registry:pull"], "hint": "xxxx"}
    AccessToken.objects.bulk_create(
        AccessToken(name=f"t{many}-{n}", secret_hash=digest_of(f"{many} {n}")[7:], user=world.user, **fields) for n in range(many)
    )


def _sell(namespace: Namespace, many: int) -> None:
    image, seller = PushedImageFactory(namespace=namespace), namespace.owner.seller
    now = timezone.now()
    products = Product.objects.bulk_create(
        Product(
            seller=seller,
            namespace=namespace,
            slug=f"p{many}-{n}",
            title="Much",
            category_id="databases",
            description="word " * 100,
            licence_text="word " * 500,
            state="published",
            published_at=now,
        )
        for n in range(many)
    )
    ProductImage.objects.bulk_create(ProductImage(product=one, image=image, owner_id=seller.pk) for one in products)
    Price.objects.bulk_create(Price(product=one, amount=500, currency="eur") for one in products)
    days = [{"seller": seller, "day": now.date() - timedelta(days=ago), "currency": code} for ago in range(1, many) for code in ("eur", "")]
    figures = {"paid": 500, "orders": 1, "checkouts": 1, "views": 2}
    DailyFigures.objects.bulk_create((DailyFigures(**day, **figures) for day in days), ignore_conflicts=True)
    note_series(first=now.date() - timedelta(days=2), last=now.date())
    renew_outlooks(until=now.date() - timedelta(days=1))


def _hold(account: Account, product: Product, many: int) -> None:
    """Let the account hold so many images, each by two orders, and have sold as much."""
    namespace = ImageFactory().namespace
    template = namespace.images.get()
    held = Image.objects.bulk_create(
        Image(
            namespace=namespace,
            owner=namespace.owner,
            name=f"h{many}-{n}",
            repository=f"{namespace.name}/h{many}-{n}",
            reserved_by=template.reserved_by,
            expires_at=template.expires_at,
        )
        for n in range(many)
    )
    Entitlement.objects.bulk_create(
        Entitlement(holder=account, image=image, source_kind="free", source_id=image.pk, granted_at=timezone.now()) for image in held
    )
    (order,) = Order.objects.filter(buyer=account)[:1]
    copied = {field.attname: getattr(order, field.attname) for field in Order._meta.concrete_fields if not field.unique}
    Order.objects.bulk_create(Order(**copied) for _ in range(many))
    Order.objects.bulk_create(
        Order(**(copied | {"seller_id": product.seller_id, "product_id": product.pk, "price_id": product.prices.get().pk}))
        for _ in range(many)
    )


def _join(organisation: Account, owner: User, many: int) -> None:
    people = User.objects.bulk_create(User(username=f"m{many}-{n}", email=f"m{many}-{n}@example.test") for n in range(many))
    Membership.objects.bulk_create(Membership(account=organisation, user=one, role=Role.MEMBER) for one in people)
    Invitation.objects.bulk_create(
        Invitation(
            account=organisation,
            email=f"i{many}-{n}@example.test",
            role=Role.MEMBER,
            invited_by=owner,
            secret_hash=digest_of(f"invitation {many} {n}")[7:],
            expires_at=timezone.now() + timedelta(days=7),
        )
        for n in range(many)
    )
    AccessToken.objects.bulk_create(
        AccessToken(
            name=f"r{many}-{n}",
            secret_hash=digest_of(f"robot {many} {n}")[7:],
            organisation=organisation,
            scopes=["registry:pull"],
            hint="x",
        )
        for n in range(many)
    )


def _speak(product: Product, user: User, many: int) -> None:
    """Let so many buyers review the product, each with a former version, and as many reports be made by the person and decided about them."""
    people = User.objects.filter(username__startswith=f"m{many}-")
    buyers = Account.objects.bulk_create(Account(kind="person", user=one, name=one.username, handle=one.username) for one in people)
    reviews = Review.objects.bulk_create(
        Review(product=product, buyer=buyer, author=user, rating=4, text="word " * 20, edited_at=timezone.now()) for buyer in buyers
    )
    ReviewVersion.objects.bulk_create(ReviewVersion(review=one, rating=3, text="word", written_at=timezone.now()) for one in reviews)
    count_ratings(product)
    words = {"about": "review", "target_label": "a review", "kind": "other", "state": "upheld", "owner": user, "decided_at": timezone.now()}
    Report.objects.bulk_create(
        Report(reporter=user, concerned=user.account, target_id=one.pk, details="word", answer="word", decision="word", **words)
        for one in reviews
    )


@pytest.mark.django_db
def test_no_answer_is_longer_where_more_has_gathered(world: World) -> None:
    gather(world, 600)
    before = costs(world)

    gather(world, 3_000)
    after = costs(world)

    assert {name: (before[name], after[name]) for name in before if has_grown(before[name], after[name])} == {}


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
