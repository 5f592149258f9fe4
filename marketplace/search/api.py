"""Products, and getting what is free."""

from typing import cast
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import Http404
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.organisations.buying import buyer_named
from accounts.people.requests import asker
from common.api.requests import checked
from marketplace.contents.selectors.inside import inside_of
from marketplace.contents.serializers import InsideQuerySerializer, InsideSerializer
from marketplace.entitlements.services.grants import obtain_free_product
from marketplace.images.models import Namespace
from marketplace.images.ownership import accounts_sold_for
from marketplace.images.selectors.tags import leading_tags
from marketplace.products.api.serializers import (
    NewProductSerializer,
    ObtainSerializer,
    ProductInputSerializer,
)
from marketplace.products.models import Category, Price, Product, SearchEntry
from marketplace.products.selectors.pages import images_of, listed, with_parts
from marketplace.products.services.editing import create_product, edit_product
from marketplace.products.services.publishing import publish_product, withdraw_product
from marketplace.reviews.serializers import RatedListedProductSerializer, RatedProductSerializer
from marketplace.search.facets import FILTERS, narrowed
from marketplace.search.query import ask, matching

CHOICES = {one.name: one.choices for one in FILTERS}


class ProductFilter(filters.FilterSet):
    """The filters of the list of products."""

    q = filters.CharFilter(method="with_words", label="Words; a typing error is forgiven.")
    mine = filters.BooleanFilter(method="of_mine", label="Only yours, or only those of others.")
    free = filters.BooleanFilter(method="that_are_free", label="Only free ones, or only those with a price.")
    category = filters.ModelChoiceFilter(queryset=Category.objects.all())
    namespace = filters.CharFilter(field_name="namespace__name", label="Name of the namespace.")
    state = filters.ChoiceFilter(choices=Product.State.choices)
    platform = filters.MultipleChoiceFilter(method="as_searched", label="Where it runs; any of these.", choices=CHOICES["platform"])
    seller = filters.MultipleChoiceFilter(method="as_searched", label="Only of sellers with a verified domain.", choices=CHOICES["seller"])
    size = filters.MultipleChoiceFilter(method="as_searched", label="Size of a pull, up to so many MB.", choices=CHOICES["size"])
    licence = filters.MultipleChoiceFilter(method="as_searched", label="Kind of licence; any of these.", choices=CHOICES["licence"])
    updated = filters.MultipleChoiceFilter(method="as_searched", label="Pushed within so many days.", choices=CHOICES["updated"])

    class Meta:
        model = Product
        fields = ("q", "mine", "free", "category", "namespace", "state", "platform", "seller", "size", "licence", "updated")

    def as_searched(self, queryset: QuerySet[Product], name: str, value: list[str]) -> QuerySet[Product]:
        """Leave what the search page leaves, of which only offered products are part."""
        return queryset.filter(pk__in=narrowed(SearchEntry.objects.all(), {name: value}).values("pk")) if value else queryset

    def with_words(self, queryset: QuerySet[Product], name: str, value: str) -> QuerySet[Product]:  # noqa: ARG002  django-filter passes it
        return queryset.filter(pk__in=matching(ask(value)).values("pk"))

    def of_mine(self, queryset: QuerySet[Product], name: str, value: bool) -> QuerySet[Product]:  # noqa: ARG002, FBT001  django-filter's
        mine = Q(seller__in=accounts_sold_for(self.request.user.pk).values("pk"))
        return queryset.filter(mine if value else ~mine)

    def that_are_free(self, queryset: QuerySet[Product], name: str, value: bool) -> QuerySet[Product]:  # noqa: ARG002, FBT001  django-filter's
        current = Price.objects.current()  # of pay what you want, the least, as on the search page: for nothing is free
        wanted = current.filter(amount=0) if value else current.filter(amount__gt=0)
        return queryset.filter(pk__in=wanted.values("product"))


class ProductViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Product]):
    """All published products, and your own in every state. Lists leave out what cannot be had, descriptions and the texts of licences."""

    serializer_class = RatedProductSerializer
    queryset = Product.objects.all()
    lookup_value_converter = "uuid"
    filterset_class = ProductFilter

    def get_queryset(self) -> QuerySet[Product]:
        own = Product.objects.filter(seller__in=accounts_sold_for(self.request.user.pk).values("pk"))
        # Reading shows the shop as well. Changes are of one's own products only: to them, the others do not exist.
        if self.action == "list":  # as every other list
            return listed(own | Product.objects.offered()).select_related("rating")
        found = own | Product.objects.visible() if self.action in {"retrieve", "inside", "obtain"} else own
        return with_parts(found, texts=True).select_related("rating")

    def get_serializer_class(self) -> type[RatedProductSerializer | RatedListedProductSerializer]:
        return RatedListedProductSerializer if self.action == "list" else RatedProductSerializer

    def _answer(self, product: Product, status_code: int = status.HTTP_200_OK) -> Response:
        complete = with_parts(Product.objects.filter(pk=product.pk), texts=True).select_related("rating").get()
        return Response(RatedProductSerializer(complete).data, status=status_code)

    @extend_schema(request=NewProductSerializer, responses={201: RatedProductSerializer})
    def create(self, request: Request) -> Response:
        """Write a product page for one image or a bundle of your own; a draft until it is published."""
        values = checked(NewProductSerializer, request)
        namespace = cast("Namespace", values.pop("namespace"))
        product = create_product(seller=namespace.owner.seller, namespace=namespace, actor=asker(request), **values)
        return self._answer(product, status.HTTP_201_CREATED)

    @extend_schema(request=ProductInputSerializer, responses=RatedProductSerializer)
    def partial_update(self, request: Request, pk: UUID | None = None) -> Response:  # noqa: ARG002  DRF passes it; get_object reads it
        """Change the page, or which images belong to it: either all changes are made, or none."""
        product = self.get_object()
        changes = checked(ProductInputSerializer, request)
        return self._answer(edit_product(product=product, actor=asker(request), **changes))

    @extend_schema(parameters=[InsideQuerySerializer], responses=InsideSerializer)
    @action(detail=True, methods=["get"])
    def inside(self, request: Request, pk: UUID | None = None) -> Response:  # noqa: ARG002  DRF passes it
        """Tell what is inside one of its images, as the configuration, the layers and the registry say."""
        asked = InsideQuerySerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        images = images_of(self.get_object())
        name = asked.validated_data["image"]
        image = next((one for one in images if name in {"", one.repository}), None)
        if image is None:
            raise Http404
        found = inside_of(image, leading_tags([image.pk]).get(image.pk), platform=asked.validated_data["platform"])
        return Response(InsideSerializer(found).data)

    @extend_schema(request=None, responses=RatedProductSerializer)
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, pk: UUID | None = None) -> Response:  # noqa: ARG002  DRF passes it
        """Put it on sale. A price above 0 needs a seller who can be paid: connected to Stripe, with payments and payouts on."""
        return self._answer(publish_product(product=self.get_object(), actor=asker(request)))

    @extend_schema(request=None, responses=RatedProductSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: UUID | None = None) -> Response:  # noqa: ARG002  DRF passes it
        """Take it off sale; buyers keep their pull access."""
        return self._answer(withdraw_product(product=self.get_object(), actor=asker(request)))

    @extend_schema(request=ObtainSerializer, responses=RatedProductSerializer)
    @action(detail=True, methods=["post"])
    def obtain(self, request: Request, pk: UUID | None = None) -> Response:  # noqa: ARG002  DRF passes it
        """Get a free product, for yourself or an organisation: its images stay in the library. Doing so again changes nothing."""
        product, user = self.get_object(), asker(request)
        buyer = buyer_named(user, checked(ObtainSerializer, request)["buyer"])
        obtain_free_product(product=product, user=user, holder=buyer)
        return self._answer(product)
