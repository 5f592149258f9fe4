"""Editions of the requester's products: what each holds, what it costs, in which order they are shown."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.people.requests import asker
from common.api.fields import NameField
from common.api.requests import checked
from common.currencies import CURRENCIES
from marketplace.images.models import Image
from marketplace.images.ownership import accounts_sold_for
from marketplace.images.serializers import OwnField
from marketplace.products.api.prices import new_price
from marketplace.products.api.serializers import AmountSerializer, EditionSerializer, OwnProductField, PriceSerializer
from marketplace.products.models import Edition, Price, Product
from marketplace.products.services.editions import (
    EditionTerms,
    add_edition,
    edit_edition,
    move_edition,
    retire_edition,
)
from marketplace.products.services.prices import NewPrice

PRICED_BY: Final = frozenset({"kind", "interval"})  # what is said of all prices of an edition at once


class OwnEditionSerializer(EditionSerializer):
    """An edition of a product of yours, with what it holds and costs."""

    images = serializers.SerializerMethodField(help_text="The references that docker pulls, without a tag.")
    prices = serializers.SerializerMethodField(help_text="The current ones, the leading one first; none once it is retired.")

    class Meta(EditionSerializer.Meta):
        fields = (*EditionSerializer.Meta.fields, "product", "position", "images", "prices", "created_at", "retired_at")
        read_only_fields = fields

    def get_images(self, edition: Edition) -> list[str]:
        return sorted(image.reference for image in edition.images.all())

    @extend_schema_field(PriceSerializer(many=True))
    def get_prices(self, edition: Edition) -> list[dict[str, Any]]:
        return [dict(PriceSerializer(price).data) for price in edition.prices.all()]


class EditionInputSerializer(serializers.Serializer[Edition]):
    """The fields of an edition. Leave out what should stay as it is."""

    name = NameField(max_length=30, required=False)
    line = NameField(max_length=120, required=False, allow_blank=True, help_text="For whom it is, or what it adds, in one line.")
    images = serializers.ListField(
        child=OwnField(queryset=Image.objects.all()), required=False, min_length=1, max_length=50, help_text="Of the product’s images."
    )
    prices = serializers.ListField(
        child=AmountSerializer(),
        required=False,
        min_length=1,
        max_length=len(CURRENCIES),
        help_text="The leading one first, one in each currency; they take the place of the current ones.",
    )
    kind = serializers.ChoiceField(choices=Price.Kind.choices, required=False, help_text="Of the prices that are sent.")
    interval = serializers.ChoiceField(
        choices=Price.Interval.choices,
        required=False,
        allow_blank=True,
        help_text="How often those are paid; empty: once.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not PRICED_BY.isdisjoint(attrs) and "prices" not in attrs:
            raise serializers.ValidationError({"prices": gettext("Send the prices that this is said of.")})
        return attrs


class NewEditionSerializer(EditionInputSerializer):
    """An edition that a product is to be sold in."""

    product = OwnProductField(queryset=Product.objects.all())
    name = NameField(max_length=30)
    line = NameField(max_length=120, required=False, allow_blank=True, default="")
    images = serializers.ListField(child=OwnField(queryset=Image.objects.all()), min_length=1, max_length=50)
    prices = serializers.ListField(
        child=AmountSerializer(), min_length=1, max_length=len(CURRENCIES), help_text="The leading one first, one in each currency."
    )
    kind = serializers.ChoiceField(choices=Price.Kind.choices, required=False, default=Price.Kind.ONE_OFF, help_text="Of the prices.")
    interval = serializers.ChoiceField(
        choices=Price.Interval.choices, required=False, default="", allow_blank=True, help_text="How often they are paid; empty: once."
    )


class PlaceSerializer(serializers.Serializer[Edition]):
    """Where an edition goes."""

    to = serializers.IntegerField(min_value=0, help_text="0 is the first place, which leads; what lies beyond the end means the end.")


class EditionViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Edition]):
    """The editions that your products are sold in, and those that they were sold in; `position` says in which order a page shows them."""

    serializer_class = OwnEditionSerializer
    queryset = Edition.objects.prefetch_related(
        "images__namespace", Prefetch("prices", Price.objects.current().order_by("-leading", "currency"))
    )
    lookup_value_converter = "uuid"
    filterset_fields = ("product",)

    def get_queryset(self) -> QuerySet[Edition]:
        mine = super().get_queryset().filter(product__seller__in=accounts_sold_for(self.request.user.pk).values("pk"))
        return mine.select_related("product")

    def _answer(self, edition: Edition, status_code: int = status.HTTP_200_OK) -> Response:
        return Response(OwnEditionSerializer(self.get_queryset().get(pk=edition.pk)).data, status=status_code)

    @extend_schema(request=NewEditionSerializer, responses={201: OwnEditionSerializer})
    def create(self, request: Request) -> Response:
        """Sell a product in one edition more, the last in the order. With its first one, the product's own prices are retired."""
        values = checked(NewEditionSerializer, request)
        terms = EditionTerms(values["name"], values["line"], values["images"], _prices(values))
        return self._answer(add_edition(product=values["product"], terms=terms, actor=asker(request)), status.HTTP_201_CREATED)

    @extend_schema(request=EditionInputSerializer, responses=OwnEditionSerializer)
    def partial_update(self, request: Request, pk: UUID | None = None) -> Response:  # noqa: ARG002  DRF passes it; get_object reads it
        """Change what it is called, holds and costs, for who buys it from now on; who has it keeps what they have."""
        edition, values = self.get_object(), checked(EditionInputSerializer, request)
        as_now = PRICED_BY.difference(values) if "prices" in values else ()
        terms = EditionTerms(values.get("name"), values.get("line"), values.get("images"), _prices(values), as_now)
        return self._answer(edit_edition(edition=edition, terms=terms, actor=asker(request)))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: UUID | None = None) -> Response:  # noqa: ARG002  DRF passes it; get_object reads it
        """Sell it to nobody any more. Who has it keeps it; its row stays, retired."""
        retire_edition(edition=self.get_object(), actor=asker(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=PlaceSerializer, responses=OwnEditionSerializer)
    @action(detail=True, methods=["post"])
    def move(self, request: Request, pk: UUID | None = None) -> Response:  # noqa: ARG002  DRF passes it; get_object reads it
        """Move it to another place in the order; what lies beyond the end means the end."""
        edition = self.get_object()
        move_edition(edition=edition, to=checked(PlaceSerializer, request)["to"], actor=asker(request))
        return self._answer(edition)


def _prices(values: Mapping[str, Any]) -> list[NewPrice]:
    """Return the prices that were sent, the leading one first; none where they are to stay as they are."""
    shared = {"kind": values.get("kind", Price.Kind.ONE_OFF), "interval": values.get("interval", Price.Interval.ONCE)}
    return [new_price(each, **shared) for each in values.get("prices", ())]
