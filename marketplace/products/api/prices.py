"""Prices of the requester's products."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.people.requests import asker
from common.api.requests import checked
from common.money import Money
from marketplace.images.ownership import accounts_sold_for
from marketplace.products.api.serializers import NewPriceSerializer, PriceSerializer
from marketplace.products.models import Price
from marketplace.products.services.prices import set_price


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
        """Give a product a new price, which retires its current one; 0 makes it free. Orders keep the price they were sold under."""
        values = checked(NewPriceSerializer, request)
        money = Money(values["amount"], values["currency"])
        price = set_price(product=values["product"], money=money, actor=asker(request))
        return Response(PriceSerializer(price).data, status=status.HTTP_201_CREATED)
