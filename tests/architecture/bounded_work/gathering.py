"""Much of everything: rows of each kind, copied in PostgreSQL."""

from datetime import timedelta

from django.utils import timezone

from accounts.people.models import Account
from billing.orders.models import Order
from marketplace.gifts.models import Gift
from marketplace.images.models import Image, Namespace
from marketplace.insights.models import DailyFigures
from marketplace.insights.outlook_upkeep import note_series, renew_outlooks
from marketplace.products.models import Category, Price, Product, SearchEntry
from marketplace.reviews.models import Review, ReviewVersion
from marketplace.reviews.services import count_ratings
from marketplace.search.services import count_known_words
from marketplace.trials.models import Trial
from tests.architecture.bounded_work.worlds import World
from tests.factories.accounts import AccessTokenFactory, InvitationFactory, MembershipFactory, RobotFactory, UserFactory
from tests.factories.billing import DiscountFactory, PriceChangeFactory, SubscriptionFactory
from tests.factories.marketplace import (
    EntitlementFactory,
    ProductFactory,
    PushedImageFactory,
    ReportFactory,
)
from tests.support.multiply import key, multiply

LONGEST = 1_000  # days that a seller has sold on, here


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
