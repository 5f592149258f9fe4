"""Reviews, and what they add up to, in the API."""

from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from marketplace.products.api.serializers import ListedProductSerializer, ProductSerializer
from marketplace.products.models import Product
from marketplace.reviews.models import LONGEST, ProductRating, Review, ReviewVersion
from marketplace.reviews.ratings import HIGHEST, LOWEST, Interval, Rating


class IntervalSerializer(serializers.Serializer[Interval]):
    """Where the mean of all buyers' ratings lies, at a confidence of 95 % (Wilson's score interval), in tenths rounded outwards."""

    low = serializers.FloatField(read_only=True)
    high = serializers.FloatField(read_only=True)


class RatingSerializer(serializers.Serializer[Rating]):
    """What the reviews of a product add up to."""

    count = serializers.IntegerField(read_only=True, help_text="Reviews that everybody sees.")
    interval = IntervalSerializer(read_only=True, allow_null=True, help_text="Only from five reviews on.")


class _Rated(serializers.Serializer[Product]):
    rating = serializers.SerializerMethodField(help_text="What buyers' reviews add up to.")

    @extend_schema_field(RatingSerializer)
    def get_rating(self, product: Product) -> dict[str, Any]:
        found: ProductRating | None = getattr(product, "rating", None)  # without a row there is no attribute
        return dict(RatingSerializer(found.rating if found else Rating()).data)


@extend_schema_serializer(component_name="Product")
class RatedProductSerializer(_Rated, ProductSerializer):
    """A product with its images, its current price and what its buyers' reviews add up to."""

    class Meta(ProductSerializer.Meta):
        fields = (*ProductSerializer.Meta.fields, "rating")  # type: ignore[assignment]  # more
        read_only_fields = fields  # type: ignore[assignment]  # more


@extend_schema_serializer(component_name="ListedProduct")
class RatedListedProductSerializer(_Rated, ListedProductSerializer):
    """A product in a list: without its description and the text of its licence."""

    class Meta(ListedProductSerializer.Meta):
        fields = (*ListedProductSerializer.Meta.fields, "rating")
        read_only_fields = fields


class ReviewVersionSerializer(serializers.ModelSerializer[ReviewVersion]):
    """What a review said before it was edited."""

    class Meta:
        model = ReviewVersion
        fields = ("rating", "text", "written_at")
        read_only_fields = fields


class ReviewSerializer(serializers.ModelSerializer[Review]):
    """A buyer's review of a product."""

    buyer = serializers.CharField(source="buyer.name")
    versions = ReviewVersionSerializer(many=True, read_only=True, help_text="What it said before, the newest first.")

    class Meta:
        model = Review
        fields = ("id", "product", "buyer", "rating", "text", "pulls", "written_at", "edited_at", "versions", "answer", "answered_at")
        read_only_fields = fields


class NewReviewSerializer(serializers.Serializer[Review]):
    """Your review of a product that you bought or got for free; it replaces the one before, which stays readable."""

    product = serializers.PrimaryKeyRelatedField(queryset=Product.objects.visible())
    rating = serializers.IntegerField(min_value=LOWEST, max_value=HIGHEST)
    text = serializers.CharField(max_length=LONGEST)


class AnswerSerializer(serializers.Serializer[Review]):
    """The seller's answer."""

    answer = serializers.CharField(max_length=LONGEST, allow_blank=True, help_text="Empty to take it away.")
