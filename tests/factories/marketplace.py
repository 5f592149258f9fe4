"""Names, what was pushed to them, what is sold, and who holds it: rows as the services would leave them."""

import hashlib
import itertools
from datetime import timedelta

import factory
from django.conf import settings
from django.utils import timezone
from factory.django import DjangoModelFactory

from accounts.tokens import secrets
from common.ids import new_id
from marketplace.entitlements.models import Entitlement
from marketplace.gifts.models import Gift
from marketplace.images.models import Image, Layer, LayerList, Manifest, Namespace, Tag
from marketplace.images.oci import MANIFEST
from marketplace.images.services.leading_tags import update_leading_tag
from marketplace.images.versions import version_key
from marketplace.insights.models import PullCount, PullerSketch
from marketplace.moderation.models import Report
from marketplace.products.models import Category, Edition, EditionImage, Price, Product, ProductImage
from marketplace.products.services.search_entries import index_product
from marketplace.reviews.models import Review
from marketplace.reviews.services import count_ratings
from marketplace.trials.models import Trial
from tests.factories.accounts import OnlyIfAsked, SellerFactory, UserFactory

_numbers = itertools.count()


def digest_of(text: str) -> str:
    """A digest that looks like one, the same for the same text."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


class NamespaceFactory(DjangoModelFactory):
    """A namespace of a new seller; give `owner=account` for one whose seller profile exists."""

    class Meta:
        model = Namespace

    class Params:
        seller = OnlyIfAsked(SellerFactory)

    owner = factory.LazyAttribute(lambda namespace: namespace.seller.account)
    name = factory.Sequence(lambda n: f"shop-{n}")
    skeleton = None  # cleared: names of a sequence look alike
    image_quota = settings.LAYERSTORE_IMAGES_PER_NAMESPACE


class ImageFactory(DjangoModelFactory):
    """A reserved name that nothing was pushed to."""

    class Meta:
        model = Image

    namespace = factory.SubFactory(NamespaceFactory)
    owner = factory.LazyAttribute(lambda image: image.namespace.owner)
    name = factory.Sequence(lambda n: f"image-{n}")
    repository = factory.LazyAttribute(lambda image: f"{image.namespace.name}/{image.name}")
    reserved_by = factory.LazyAttribute(lambda image: image.namespace.owner.user or UserFactory())
    expires_at = factory.LazyFunction(lambda: timezone.now() + settings.LAYERSTORE_RESERVATION_LIFETIME)


class ManifestFactory(DjangoModelFactory):
    """A described image manifest without layers."""

    class Meta:
        model = Manifest

    image = factory.SubFactory(ImageFactory)
    digest = factory.Sequence(lambda n: digest_of(f"manifest {n}"))
    media_type = MANIFEST
    kind = Manifest.Kind.IMAGE
    size = 3_000_000
    platforms = factory.LazyFunction(lambda: ["linux/amd64"])
    described_at = factory.LazyFunction(timezone.now)


class LayerListFactory(DjangoModelFactory):
    """Layers of 1 MB; `layers=[…]` for others, base first."""

    class Meta:
        model = LayerList

    class Params:
        layers = factory.LazyFunction(lambda: [layer(f"layer {next(_numbers)}") for _ in range(3)])

    manifest = factory.SubFactory(ManifestFactory)
    rows = factory.LazyAttribute(lambda found: [list(one) for one in found.layers])


def layer(name: str, size: int = 1_000_000, command: str = "RUN make") -> Layer:
    """A layer, the same digest for the same name."""
    return Layer(digest_of(name), size, command)


class TagFactory(DjangoModelFactory):
    """A tag that points at a new manifest of the image."""

    class Meta:
        model = Tag
        skip_postgeneration_save = True

    image = factory.SubFactory(ImageFactory)
    name = "1.0"
    version = factory.LazyAttribute(lambda tag: version_key(tag.name))
    manifest = factory.SubFactory(ManifestFactory, image=factory.SelfAttribute("..image"))

    @factory.post_generation
    def shown(self, create, extracted, **kwargs):
        if extracted is not False:
            update_leading_tag(self.image)


class PullCountFactory(DjangoModelFactory):
    """Some anonymous pulls of today."""

    class Meta:
        model = PullCount

    image = factory.SubFactory(ImageFactory)
    day = factory.LazyFunction(lambda: timezone.now().date())
    tag = "1.0"
    platform = "linux/amd64"
    count = 1


class PullerSketchFactory(DjangoModelFactory):
    """Distinct pullers of today; the sketch itself is empty."""

    class Meta:
        model = PullerSketch

    image = factory.SubFactory(ImageFactory)
    period = PullerSketch.Period.DAY
    begins = factory.LazyFunction(lambda: timezone.now().date())
    sketch = b""
    distinct = 1


class PushedImageFactory(ImageFactory):
    """An image with the tag `1.0` on a manifest of three layers; `pushed=[…]` for others, base first."""

    first_pushed_at = factory.LazyFunction(timezone.now)

    @factory.post_generation
    def pushed(self, create, extracted, **kwargs):
        self.leading_tag = TagFactory(image=self, shown=False)  # the only one, so nothing need be chosen
        self.save(update_fields=["leading_tag"])
        LayerListFactory(manifest=self.leading_tag.manifest, **({"layers": extracted} if extracted else {}))

    class Meta:
        skip_postgeneration_save = True


class CategoryFactory(DjangoModelFactory):
    """A shelf; the ones that a migration made are found, unless a test with real transactions has emptied the tables."""

    class Meta:
        model = Category
        django_get_or_create = ("slug",)

    slug = "databases"
    name = factory.LazyAttribute(lambda category: category.slug.replace("-", " ").capitalize())


class ProductFactory(DjangoModelFactory):
    """A product published at €5.00 with one pushed image. `images=[…]` and `price__amount=0` change that; `price=False` leaves it out."""

    class Meta:
        model = Product
        skip_postgeneration_save = True

    namespace = factory.SubFactory(NamespaceFactory)
    seller = factory.LazyAttribute(lambda product: product.namespace.owner.seller)
    slug = factory.Sequence(lambda n: f"product-{n}")
    title = factory.Sequence(lambda n: f"Product {n}")
    summary = "Does what it says."
    state = Product.State.PUBLISHED
    published_at = factory.LazyFunction(timezone.now)

    @factory.post_generation
    def images(self, create, extracted, **kwargs):
        images = [PushedImageFactory(namespace=self.namespace)] if extracted is None else extracted
        for position, image in enumerate(images):
            ProductImage.objects.create(product=self, image=image, owner_id=self.seller_id, position=position)

    @factory.post_generation
    def price(self, create, extracted, **kwargs):
        if extracted is not False:
            PriceFactory(product=self, **kwargs)

    @factory.post_generation
    def found(self, create, extracted, **kwargs):
        """What the search reads is there, as the services leave it."""
        index_product(self)


class EditionFactory(DjangoModelFactory):
    """An edition of a product at €5.00 with all its images; `images=[…]` and `price__amount=…` change that. The product's own price ends."""

    class Meta:
        model = Edition
        skip_postgeneration_save = True

    product = factory.SubFactory(ProductFactory)
    name = factory.Sequence(lambda n: f"Edition {n}")
    position = factory.LazyAttribute(lambda edition: edition.product.editions.count())

    @factory.post_generation
    def images(self, create, extracted, **kwargs):
        images = self.product.images.all() if extracted is None else extracted
        EditionImage.objects.bulk_create(EditionImage(edition=self, image=image, product=self.product) for image in images)

    @factory.post_generation
    def price(self, create, extracted, **kwargs):
        self.product.prices.filter(edition=None, retired_at=None).update(retired_at=timezone.now())
        PriceFactory(product=self.product, edition=self, **kwargs)
        index_product(self.product)


class FreeProductFactory(ProductFactory):
    """A published product that costs nothing: its image is public."""

    price__amount = 0


class DraftProductFactory(ProductFactory):
    """A product that nobody but its seller sees, with a pushed image and a price: ready to publish."""

    state = Product.State.DRAFT
    published_at = None


class PriceFactory(DjangoModelFactory):
    """€5.00, now."""

    class Meta:
        model = Price

    product = factory.SubFactory(ProductFactory, price=False)
    amount = 500
    currency = "eur"


class EntitlementFactory(DjangoModelFactory):
    """A new buyer may pull a pushed image, because of an order that lies elsewhere."""

    class Meta:
        model = Entitlement

    class Params:
        buyer = OnlyIfAsked(UserFactory)
        revoked = factory.Trait(revoked_at=factory.LazyFunction(timezone.now), revocation_reason="Refunded.")
        suspended = factory.Trait(suspended_at=factory.LazyFunction(timezone.now))

    holder = factory.LazyAttribute(lambda entitlement: entitlement.buyer.account)
    image = factory.SubFactory(PushedImageFactory)
    source_kind = Entitlement.Source.ORDER
    source_id = factory.LazyFunction(new_id)


class GiftFactory(DjangoModelFactory):
    """What a seller has given to an address and nobody has claimed; `claimed=True` for one that a new user has. Its link carries `secret`."""

    class Meta:
        model = Gift
        skip_postgeneration_save = True

    class Params:
        secret = factory.LazyFunction(secrets.new_gift_secret)
        user = OnlyIfAsked(UserFactory)
        claimed = factory.Trait(
            claimed_at=factory.LazyFunction(timezone.now),
            claimed_by=factory.SelfAttribute("user"),
            holder=factory.LazyAttribute(lambda gift: gift.claimed_by.account),
        )

    source_kind = Gift.Source.SELLER
    source_id = factory.SelfAttribute("id")
    id = factory.LazyFunction(new_id)
    product = factory.SubFactory(ProductFactory)
    giver = factory.LazyAttribute(lambda gift: gift.product.seller.account)
    given_by = factory.LazyAttribute(lambda gift: gift.giver.user)
    email = factory.Sequence(lambda n: f"friend-{n}@example.test")
    reason = "A tester."
    secret_hash = factory.LazyAttribute(lambda gift: secrets.secret_hash(gift.secret))
    expires_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=30))

    @factory.post_generation
    def granted(self, create, extracted, **kwargs):
        if not create:
            return
        self.images.set(self.product.images.all())
        if self.holder:
            for image in self.product.images.all():
                of = {"source_kind": self.source_kind, "source_id": self.source_id, "ends_at": self.access_ends_at}
                EntitlementFactory(holder=self.holder, image=image, **of)


class TrialFactory(DjangoModelFactory):
    """A trial of fourteen days of a new user, which has just begun, with what it lets them pull."""

    class Meta:
        model = Trial
        skip_postgeneration_save = True

    class Params:
        user = OnlyIfAsked(UserFactory)

    product = factory.SubFactory(ProductFactory, trial_days=14)
    holder = factory.LazyAttribute(lambda trial: trial.user.account)
    started_by = factory.SelfAttribute("user")
    days = 14
    started_at = factory.LazyFunction(timezone.now)
    ends_at = factory.LazyAttribute(lambda trial: trial.started_at + timedelta(days=trial.days))

    @factory.post_generation
    def granted(self, create, extracted, **kwargs):
        for image in self.product.images.all() if create else ():
            of = {"source_kind": "trial", "source_id": self.pk, "ends_at": self.ends_at, "revoked_at": self.ended_at}
            EntitlementFactory(holder=self.holder, image=image, revocation_reason=self.end_reason, **of)


class ReviewFactory(DjangoModelFactory):
    """A buyer's four stars for a product that they bought."""

    class Meta:
        model = Review
        skip_postgeneration_save = True

    class Params:
        user = OnlyIfAsked(UserFactory)

    product = factory.SubFactory(ProductFactory)
    buyer = factory.LazyAttribute(lambda review: review.user.account)
    author = factory.LazyAttribute(lambda review: review.user)
    rating = 4
    text = "It runs."

    @factory.post_generation
    def bought(self, create, extracted, **kwargs):
        for image in self.product.images.all() if extracted is not False else ():
            EntitlementFactory(holder=self.buyer, image=image)
        count_ratings(self.product)


class ReportFactory(DjangoModelFactory):
    """A user's open report of malware in a product; `upheld=True` for one that staff agreed with."""

    class Meta:
        model = Report

    class Params:
        product = OnlyIfAsked(ProductFactory)
        upheld = factory.Trait(
            state=Report.State.UPHELD,
            owner=factory.SubFactory(UserFactory, staff=True),
            decided_at=factory.LazyFunction(timezone.now),
            answer="We agree.",
            decision="It mines coins.",
        )

    about = Report.About.PRODUCT
    target_id = factory.LazyAttribute(lambda report: report.product.pk)
    target_label = factory.LazyAttribute(lambda report: f"the product {report.product.title}")
    concerned = factory.LazyAttribute(lambda report: report.product.seller.account)
    kind = Report.Kind.MALWARE
    details = "It mines coins."
    reporter = factory.SubFactory(UserFactory)


def expired_days_ago(days: int) -> dict[str, object]:
    """Fields of an image whose reservation ended so many days ago."""
    at = timezone.now() - timedelta(days=days)
    return {"expires_at": at, "ended_at": at, "end_kind": Image.End.EXPIRED}
