"""Names and what was pushed, in the API."""

from typing import Any, cast

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from accounts.organisations.api import ManagedOrganisationField
from common.api.fields import NameField
from marketplace.images.models import Image, Namespace, Tag
from marketplace.images.oci import LONGEST_TAG
from marketplace.images.ownership import accounts_sold_for
from marketplace.images.selectors.storage import Storage


class OwnField(serializers.PrimaryKeyRelatedField[Any]):
    """A reference to something that the requester sees as a seller. To them, nothing else exists."""

    owner = "owner"

    def get_queryset(self) -> Any:
        accounts = accounts_sold_for(self.context["request"].user.pk)
        return cast("QuerySet[Any]", super().get_queryset()).filter(**{f"{self.owner}__in": accounts.values("pk")})


class NamespaceSerializer(serializers.ModelSerializer[Namespace]):
    """A namespace of yours."""

    class Meta:
        model = Namespace
        fields = ("id", "name", "image_quota", "created_at")
        read_only_fields = fields


@extend_schema_serializer(many=False)  # it stands alone at an address without a key
class StorageSerializer(serializers.Serializer[Storage]):
    """How much your images take in the registry; what they share counts once."""

    used = serializers.IntegerField(read_only=True, help_text="Bytes. A push is counted some seconds after it ends.")
    quota = serializers.IntegerField(read_only=True, help_text="Bytes. When they are used up, nothing more can be pushed.")


class NewNamespaceSerializer(serializers.Serializer[Namespace]):
    """The namespace you choose. With your first one you become a seller."""

    name = serializers.CharField(max_length=300, help_text="First part of your image names.")
    display_name = NameField(max_length=80, help_text="How buyers see you.")
    organisation = ManagedOrganisationField(
        slug_field="handle",
        required=False,
        allow_null=True,
        default=None,
        help_text="Handle of one that you own, to sell as it.",
    )


class ImageSerializer(serializers.ModelSerializer[Image]):
    """A reserved name of yours."""

    reference = serializers.CharField(read_only=True, help_text="The name with its host, as docker takes it.")
    leading_tag = serializers.CharField(
        source="leading_tag.name", default="", read_only=True, help_text="What pages lead with; empty while there is nothing to pull."
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
            "leading_tag",
            "pull_count",
        )
        read_only_fields = fields


class TagSerializer(serializers.ModelSerializer[Tag]):
    """A tag and the manifest that it points to."""

    digest = serializers.CharField(source="manifest.digest")
    media_type = serializers.CharField(source="manifest.media_type")
    size = serializers.IntegerField(source="manifest.size", help_text="Bytes that a pull transfers.")
    platforms = serializers.ListField(child=serializers.CharField(), source="manifest.platforms")

    class Meta:
        model = Tag
        fields = ("id", "image", "name", "digest", "media_type", "size", "platforms", "pushed_at", "moved_at", "moved_from")
        read_only_fields = fields


class FeaturedTagSerializer(serializers.Serializer[Image]):
    """What pages lead with."""

    featured_tag = serializers.CharField(
        max_length=LONGEST_TAG, allow_blank=True, help_text="One of the image's tags; empty for its highest version that is no pre-release."
    )


class NewImageSerializer(serializers.Serializer[Image]):
    """The name you reserve."""

    namespace = OwnField(queryset=Namespace.objects.all())
    name = serializers.CharField(max_length=300, help_text="Last part of the image name, in OCI grammar.")
