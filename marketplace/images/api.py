"""The requester's namespaces, images and tags."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.people.requests import asker
from common.api.requests import checked
from marketplace.images.models import Image, Namespace, Tag
from marketplace.images.ownership import accounts_sold_for
from marketplace.images.selectors.storage import storage_of
from marketplace.images.serializers import (
    FeaturedTagSerializer,
    ImageSerializer,
    NamespaceSerializer,
    NewImageSerializer,
    NewNamespaceSerializer,
    StorageSerializer,
    TagSerializer,
)
from marketplace.images.services.leading_tags import feature_tag
from marketplace.images.services.namespaces import choose_namespace
from marketplace.images.services.reservations import release_image, reserve_image
from marketplace.images.services.unreadable_manifests import ask_for_removal


class NamespaceViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Namespace]):
    """Your namespaces."""

    serializer_class = NamespaceSerializer
    queryset = Namespace.objects.all()
    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet[Namespace]:
        return super().get_queryset().filter(owner__in=accounts_sold_for(self.request.user.pk))

    @extend_schema(request=NewNamespaceSerializer, responses={201: NamespaceSerializer})
    def create(self, request: Request) -> Response:
        """Choose a namespace. From now on nobody else can take it, or a name that looks like it."""
        namespace = choose_namespace(user=asker(request), **checked(NewNamespaceSerializer, request))
        return Response(NamespaceSerializer(namespace).data, status=status.HTTP_201_CREATED)


class StorageViewSet(viewsets.ViewSet):
    """What you store in the registry."""

    @extend_schema(operation_id="storage_retrieve", responses={200: StorageSerializer})
    def list(self, request: Request) -> Response:
        """Show how much your images take, and how much they may."""
        return Response(StorageSerializer(storage_of(asker(request).account.pk)).data)


class ImageViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Image]):
    """The names you have reserved."""

    serializer_class = ImageSerializer
    queryset = Image.objects.filter(freed_at__isnull=True).select_related("leading_tag")
    lookup_value_converter = "uuid"
    filterset_fields = ("namespace", "repository")

    def get_queryset(self) -> QuerySet[Image]:
        return super().get_queryset().filter(owner__in=accounts_sold_for(self.request.user.pk))

    @extend_schema(request=NewImageSerializer, responses={201: ImageSerializer})
    def create(self, request: Request) -> Response:
        """Reserve a name. From now on you may push to it, and nobody else can take it."""
        image = reserve_image(actor=asker(request), **checked(NewImageSerializer, request))
        return Response(ImageSerializer(image).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=FeaturedTagSerializer, responses={200: ImageSerializer})
    def partial_update(self, request: Request, pk: Any = None) -> Response:  # noqa: ARG002  DRF passes it; get_object reads it
        """Choose the tag that pages lead with."""
        image = self.get_object()
        chosen = checked(FeaturedTagSerializer, request)["featured_tag"]
        image = feature_tag(image=image, tag=chosen, actor=asker(request))
        return Response(ImageSerializer(image).data)

    @extend_schema(request=None, responses={204: None})
    def destroy(self, request: Request, pk: Any = None) -> Response:  # noqa: ARG002  DRF passes it; get_object reads it
        """Give a name up. If anything was ever pushed or sold under it, nobody can take it again."""
        release_image(image=self.get_object(), reason="", actor=asker(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class TagViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Tag]):
    """The tags of your images, as the registry reported them."""

    serializer_class = TagSerializer
    queryset = Tag.objects.select_related("manifest__image").defer("manifest__children")
    lookup_value_converter = "uuid"
    filterset_fields = ("image", "name")

    def get_queryset(self) -> QuerySet[Tag]:
        return super().get_queryset().filter(image__owner__in=accounts_sold_for(self.request.user.pk))

    @extend_schema(request=None, responses={202: None})
    def destroy(self, request: Request, pk: Any = None) -> Response:  # noqa: ARG002  DRF passes it; get_object reads it
        """Remove a tag whose manifest cannot be read, with the manifest and its other tags. What buyers may have is never removed."""
        ask_for_removal(manifest=self.get_object().manifest, actor=asker(request))
        return Response(status=status.HTTP_202_ACCEPTED)
