"""Products and prices in the API."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from common.api.fields import NameField
from common.currencies import CURRENCIES, LARGEST_CHARGE
from common.web.links import absolute_path, image_reference
from marketplace.images.models import Image, Namespace
from marketplace.images.serializers import OwnField
from marketplace.products.models import LONGEST_REFUND_WINDOW, LONGEST_TRIAL, Category, Edition, Price, Product
from marketplace.products.selectors.editions import editions_on_sale
from marketplace.products.selectors.offers import current_price, current_prices
from marketplace.products.selectors.pages import LONG_TEXTS, images_of, product_url


class OwnProductField(OwnField):
    """A reference to a product that the requester sells."""

    owner = "seller"


class PriceSerializer(serializers.ModelSerializer[Price]):
    """A price in one currency of a product or one of its editions, current until it is retired. It never changes; another replaces it.

    Of the kind `pwyw`, buyers pay what they want, and `amount` is the least.
    """

    class Meta:
        model = Price
        fields = ("id", "product", "edition", "amount", "currency", "kind", "interval", "suggested", "leading", "created_at", "retired_at")
        read_only_fields = fields


class AmountSerializer(serializers.Serializer[Price]):
    """What the product costs in one currency."""

    amount = serializers.IntegerField(
        min_value=0, max_value=LARGEST_CHARGE, help_text="Minor units; 0 is free. Of pay what you want the least."
    )
    currency = serializers.ChoiceField(choices=settings.LAYERSTORE_CURRENCIES, help_text="ISO 4217, lower case.")
    suggested = serializers.IntegerField(
        required=False,
        allow_null=True,
        default=None,
        min_value=1,
        max_value=LARGEST_CHARGE,
        help_text="With pay what you want: what the page proposes, in minor units.",
    )


class EditionSerializer(serializers.ModelSerializer[Edition]):
    """One of the ways in which a product is sold, with prices of its own: those of the product's `prices` that name it."""

    class Meta:
        model = Edition
        fields: tuple[str, ...] = ("id", "name", "line")
        read_only_fields = fields


class EditionWithImagesSerializer(EditionSerializer):
    """The same, with what it holds."""

    images = serializers.ListField(child=serializers.CharField(), help_text="The references that docker pulls, without a tag.")

    class Meta(EditionSerializer.Meta):
        fields = (*EditionSerializer.Meta.fields, "images")
        read_only_fields = fields


class NewPriceSerializer(AmountSerializer):
    """What the product, or one of its editions, costs from now on: this leading price, and `others` in further currencies."""

    product = OwnProductField(queryset=Product.objects.all())
    edition = serializers.PrimaryKeyRelatedField(
        queryset=Edition.objects.all(),
        required=False,
        allow_null=True,
        default=None,
        help_text="One of the product’s editions; left out where it has none.",
    )
    kind = serializers.ChoiceField(
        choices=Price.Kind.choices, required=False, default=Price.Kind.ONE_OFF, help_text="`pwyw`: buyers pay what they want. For all."
    )
    interval = serializers.ChoiceField(
        choices=Price.Interval.choices,
        required=False,
        default="",
        allow_blank=True,
        help_text="How often it is paid; empty: once.",
    )
    trial_days = serializers.IntegerField(
        min_value=0,
        max_value=LONGEST_TRIAL,
        required=False,
        help_text="For so many days the product can be tried before it is bought. 0: no trial; left out, it stays as it is.",
    )
    others = serializers.ListField(
        child=AmountSerializer(), required=False, default=list, max_length=len(CURRENCIES), help_text="The same in other currencies."
    )


class ProductSerializer(serializers.ModelSerializer[Product]):
    """A product with its images and current price."""

    namespace = serializers.CharField(source="namespace.name")
    seller = serializers.CharField(source="seller.display_name")
    images = serializers.SerializerMethodField(help_text="The references that docker pulls, without a tag.")
    price = serializers.SerializerMethodField(
        help_text="The current one, if there is one; of several currencies the leading one, of several editions the least."
    )
    prices = serializers.SerializerMethodField(
        help_text="The current ones, one in each currency, the leading one first; of a product with editions those of each edition."
    )
    editions = serializers.SerializerMethodField(help_text="In which it is sold, in their order; none where it is sold as a whole.")
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
            "refund_days",
            "trial_days",
            "state",
            "images",
            "price",
            "prices",
            "editions",
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

    @extend_schema_field(PriceSerializer(many=True))
    def get_prices(self, product: Product) -> list[dict[str, Any]]:
        return [dict(PriceSerializer(price).data) for price in current_prices(product)]

    @extend_schema_field(EditionWithImagesSerializer(many=True))
    def get_editions(self, product: Product) -> list[dict[str, Any]]:
        return [
            dict(EditionSerializer(one.edition).data) | {"images": [image.reference for image in one.images]}
            for one in editions_on_sale(product)
        ]

    def get_url(self, product: Product) -> str:
        return absolute_path(product_url(product))


class ListedProductSerializer(ProductSerializer):
    """A product in a list: without its description and the text of its licence."""

    class Meta(ProductSerializer.Meta):
        fields = tuple(name for name in ProductSerializer.Meta.fields if name not in LONG_TEXTS)  # type: ignore[assignment]  # fewer
        read_only_fields = fields  # type: ignore[assignment]  # fewer

    def get_images(self, product: Product) -> list[str]:
        repositories: list[str] = getattr(product, "repositories")  # noqa: B009  an attribute that only `listed` annotates
        return [image_reference(repository) for repository in repositories]

    @extend_schema_field(EditionSerializer(many=True))
    def get_editions(self, product: Product) -> list[dict[str, Any]]:
        found = {price.edition_id: price.edition for price in current_prices(product) if price.edition}
        return [dict(EditionSerializer(edition).data) for edition in found.values()]


class ObtainSerializer(serializers.Serializer[Product]):
    """For whom you get it."""

    buyer = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=39,
        help_text="Handle of the organisation that gets it; leave it out to get it yourself.",
    )


class ProductInputSerializer(serializers.Serializer[Product]):
    """The fields of a product. Leave out what should stay as it is."""

    title = NameField(max_length=80, required=False)
    summary = NameField(max_length=200, required=False, allow_blank=True)
    description = serializers.CharField(max_length=50_000, required=False, allow_blank=True, help_text="Markdown.")
    category = serializers.PrimaryKeyRelatedField(queryset=Category.objects.all(), required=False, allow_null=True)
    licence_name = NameField(max_length=80, required=False, allow_blank=True)
    licence_text = serializers.CharField(max_length=200_000, required=False, allow_blank=True)
    refund_days = serializers.IntegerField(
        min_value=0,
        max_value=LONGEST_REFUND_WINDOW,
        required=False,
        help_text="So many days after the payment you give the money back to who asks. 0: no promise.",
    )
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
