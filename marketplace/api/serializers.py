"""How names, tags, products and prices look in the API. Input is checked for its form only: the services know the rules."""

from typing import Any, cast

from django.conf import settings
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from common.api.fields import NameField
from common.currencies import LARGEST_CHARGE
from marketplace.models import Category, Image, Namespace, Price, Product, PullCount, PullerSketch, Tag
from marketplace.selectors.library import LibraryEntry
from marketplace.selectors.listings import LONG_TEXTS, current_price, images_of, product_url


class OwnField(serializers.PrimaryKeyRelatedField[Any]):
    """A reference to something that belongs to the asker: everything else does not exist for them."""

    owner = "owner__user"

    def get_queryset(self) -> Any:
        return cast("QuerySet[Any]", super().get_queryset()).filter(**{self.owner: self.context["request"].user})


class OwnProductField(OwnField):
    """A reference to a product that the asker sells."""

    owner = "seller__account__user"


class NamespaceSerializer(serializers.ModelSerializer[Namespace]):
    """A namespace of yours."""

    class Meta:
        model = Namespace
        fields = ("id", "name", "image_quota", "created_at")
        read_only_fields = fields


class NewNamespaceSerializer(serializers.Serializer[Namespace]):
    """The namespace you choose: with the first one you become a seller."""

    name = serializers.CharField(max_length=300, help_text="First part of your image names.")
    display_name = NameField(max_length=80, help_text="How buyers see you.")


class ImageSerializer(serializers.ModelSerializer[Image]):
    """A reserved name of yours."""

    reference = serializers.CharField(read_only=True, help_text="The name with its host, as docker takes it.")
    shown_tag = serializers.CharField(
        source="shown_tag.name", default="", read_only=True, help_text="What pages lead with; empty while there is nothing to pull."
    )

    class Meta:
        model = Image
        fields = (
            "id",
            "namespace",
            "name",
            "repository",
            "reference",
            "reserved_at",
            "expires_at",
            "first_pushed_at",
            "first_sold_at",
            "ended_at",
            "taken_down_at",
            "featured_tag",
            "shown_tag",
            "pull_count",
        )
        read_only_fields = fields


class TagSerializer(serializers.ModelSerializer[Tag]):
    """A tag and what it points at."""

    digest = serializers.CharField(source="manifest.digest")
    media_type = serializers.CharField(source="manifest.media_type")
    size = serializers.IntegerField(source="manifest.size", help_text="Bytes that a pull transfers.")
    platforms = serializers.ListField(child=serializers.CharField(), source="manifest.platforms")

    class Meta:
        model = Tag
        fields = ("id", "image", "name", "digest", "media_type", "size", "platforms", "pushed_at")
        read_only_fields = fields


class PullCountSerializer(serializers.ModelSerializer[PullCount]):
    """Pulls of one day, tag, platform and buyer."""

    buyer = serializers.CharField(source="shown_buyer", help_text="The account's name if it bought the image; empty for everybody else.")

    class Meta:
        model = PullCount
        fields = ("id", "image", "day", "tag", "platform", "buyer", "count")
        read_only_fields = fields


class PullerSketchSerializer(serializers.ModelSerializer[PullerSketch]):
    """Distinct pullers of a day, a week or a month."""

    distinct = serializers.IntegerField(help_text="By HyperLogLog: the standard error is 0.81 %.")

    class Meta:
        model = PullerSketch
        fields = ("id", "image", "period", "begins", "distinct", "updated_at")
        read_only_fields = fields


class PriceSerializer(serializers.ModelSerializer[Price]):
    """A price, current until it is retired. It never changes: a new one takes its place."""

    class Meta:
        model = Price
        fields = ("id", "product", "amount", "currency", "kind", "created_at", "retired_at")
        read_only_fields = fields


class NewPriceSerializer(serializers.Serializer[Price]):
    """What the product costs from now on."""

    product = OwnProductField(queryset=Product.objects.all())
    amount = serializers.IntegerField(min_value=0, max_value=LARGEST_CHARGE, help_text="Minor units; 0 is free.")
    currency = serializers.ChoiceField(choices=settings.LAYERSTORE_CURRENCIES, help_text="ISO 4217, lower case.")


class ProductSerializer(serializers.ModelSerializer[Product]):
    """A product with its images and current price."""

    namespace = serializers.CharField(source="namespace.name")
    seller = serializers.CharField(source="seller.display_name")
    images = serializers.SerializerMethodField(help_text="The references that docker pulls, without a tag.")
    price = serializers.SerializerMethodField(help_text="The current one, if there is one.")
    url = serializers.SerializerMethodField(help_text="The product page.")

    class Meta:
        model = Product
        fields = (
            "id",
            "namespace",
            "slug",
            "seller",
            "title",
            "summary",
            "description",
            "category",
            "licence_name",
            "licence_text",
            "state",
            "images",
            "price",
            "url",
            "created_at",
            "updated_at",
            "published_at",
        )
        read_only_fields = fields

    def get_images(self, product: Product) -> list[str]:
        return [image.reference for image in images_of(product)]

    @extend_schema_field(PriceSerializer(allow_null=True))
    def get_price(self, product: Product) -> dict[str, Any] | None:
        price = current_price(product)
        return dict(PriceSerializer(price).data) if price else None

    def get_url(self, product: Product) -> str:
        return f"{settings.LAYERSTORE_PUBLIC_URL}{product_url(product)}"


class ListedProductSerializer(ProductSerializer):
    """A product as lists have it: without description and the licence's text, which the product itself has."""

    class Meta(ProductSerializer.Meta):
        fields = tuple(name for name in ProductSerializer.Meta.fields if name not in LONG_TEXTS)  # type: ignore[assignment]  # fewer
        read_only_fields = fields  # type: ignore[assignment]  # fewer

    def get_images(self, product: Product) -> list[str]:
        repositories: list[str] = getattr(product, "repositories")  # noqa: B009  an attribute that only `listed` annotates
        return [f"{settings.LAYERSTORE_IMAGE_HOST}/{repository}" for repository in repositories]


class LibraryEntrySerializer(serializers.Serializer[LibraryEntry]):
    """An image that you or an organisation of yours holds, or held."""

    holder = serializers.CharField(source="holder.handle", help_text="Handle of who holds it: you, or an organisation of yours.")
    image = serializers.UUIDField(source="image.pk")
    repository = serializers.CharField(source="image.repository")
    reference = serializers.CharField(help_text="What docker pulls; empty while nothing is pushed.", allow_blank=True)
    digest = serializers.SerializerMethodField(help_text="What the tag points at now; empty while nothing is pushed.")
    may_pull = serializers.BooleanField(help_text="Whether docker lets you in at this moment because of it.")
    state = serializers.CharField()
    reason = serializers.CharField(help_text="Why it may not be pulled.", allow_blank=True)
    since = serializers.DateTimeField()
    order = serializers.UUIDField(source="order_id", allow_null=True)

    def get_digest(self, entry: LibraryEntry) -> str:
        return entry.listing.tag.manifest.digest if entry.listing.tag else ""


class ObtainSerializer(serializers.Serializer[Product]):
    """For whom you get it."""

    buyer = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=39, help_text="Handle of the organisation that gets it; left out, you do."
    )


class FeaturedTagSerializer(serializers.Serializer[Image]):
    """What pages lead with."""

    featured_tag = serializers.CharField(
        max_length=128, allow_blank=True, help_text="One of the image's tags; empty for its highest version that is no pre-release."
    )


class NewImageSerializer(serializers.Serializer[Image]):
    """The name you reserve."""

    namespace = OwnField(queryset=Namespace.objects.all())
    name = serializers.CharField(max_length=300, help_text="Last part of the image name, in OCI grammar.")


class ProductInputSerializer(serializers.Serializer[Product]):
    """What you say of a product; leave out what shall stay."""

    title = NameField(max_length=80, required=False)
    summary = NameField(max_length=200, required=False, allow_blank=True)
    description = serializers.CharField(max_length=50_000, required=False, allow_blank=True, help_text="Markdown.")
    category = serializers.PrimaryKeyRelatedField(queryset=Category.objects.all(), required=False, allow_null=True)
    licence_name = NameField(max_length=80, required=False, allow_blank=True)
    licence_text = serializers.CharField(max_length=200_000, required=False, allow_blank=True)
    images = serializers.ListField(
        child=OwnField(queryset=Image.objects.all()), required=False, min_length=1, max_length=50, help_text="One, or several for a bundle."
    )


class NewProductSerializer(ProductInputSerializer):
    """A new product: a draft until you publish it."""

    namespace = OwnField(queryset=Namespace.objects.all())
    slug = serializers.CharField(max_length=128, help_text="Last part of its address.")
    title = NameField(max_length=80)
    images = serializers.ListField(
        child=OwnField(queryset=Image.objects.all()), min_length=1, max_length=50, help_text="One, or several for a bundle."
    )
