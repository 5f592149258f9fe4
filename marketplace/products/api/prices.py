"""Prices of the requester's products."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.people.requests import asker
from common.api.requests import checked
from common.money import Money
from marketplace.images.ownership import accounts_sold_for
from marketplace.products.api.serializers import NewPriceSerializer, PriceSerializer
from marketplace.products.models import Edition, Price, Product
from marketplace.products.services.prices import NewPrice, set_prices


class PriceViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Price]):
    """Every price that your products have had."""

    serializer_class = PriceSerializer
    queryset = Price.objects.all()
    lookup_value_converter = "uuid"
    filterset_fields = ("product",)

    def get_queryset(self) -> QuerySet[Price]:
        return super().get_queryset().filter(product__seller__in=accounts_sold_for(self.request.user.pk).values("pk"))

    @extend_schema(request=NewPriceSerializer, responses={201: PriceSerializer})
    def create(self, request: Request) -> Response:
        """Give a product new prices, which retire its current ones: one, or one in each of several currencies; 0 makes it free.

        The answer is the leading one. Orders keep the price they were sold under.
        """
        values = checked(NewPriceSerializer, request)
        shared = {"kind": values["kind"], "interval": values["interval"]}
        prices = [new_price(each, **shared) for each in (values, *values["others"])]
        edition, trial_days = _edition_of(values["product"], values["edition"]), values.get("trial_days")
        leading, *_ = set_prices(product=values["product"], prices=prices, actor=asker(request), edition=edition, trial_days=trial_days)
        return Response(PriceSerializer(leading).data, status=status.HTTP_201_CREATED)


def _edition_of(product: Product, edition: Edition | None) -> Edition | None:
    if edition is not None and edition.product_id != product.pk:
        raise serializers.ValidationError({"edition": gettext("Choose one of the product’s editions.")})
    return edition


def new_price(values: Mapping[str, Any], *, kind: str, interval: str) -> NewPrice:
    """Return a price that was sent as an `AmountSerializer` reads it."""
    money, suggested = Money(values["amount"], values["currency"]), values["suggested"]
    return NewPrice(money, kind, None if suggested is None else Money(suggested, money.currency), interval)
