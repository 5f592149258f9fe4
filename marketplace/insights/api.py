"""Counted pulls of the requester's images, and the figures of what they sell."""

from typing import Any, ClassVar, cast
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.organisations.models import BUYING_ROLES
from accounts.people.models import User
from accounts.people.requests import asker
from marketplace.images.errors import RoleNotEnough
from marketplace.images.ownership import accounts_sold_for, role_for
from marketplace.insights.figures import figures_of, last_whole_day
from marketplace.insights.models import PullCount, PullerSketch
from marketplace.insights.outlook import count_outlooks_of, outlooks_of
from marketplace.insights.periods import Unit
from marketplace.insights.selectors import with_shown_buyer
from marketplace.insights.serializers import FiguresQuerySerializer, FiguresSerializer, PullCountSerializer, PullerSketchSerializer
from marketplace.products.models import Product


class PullCountViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[PullCount]):
    """Pulls of your images: a row for each day (UTC), tag, platform and buyer.

    Several rows of the same day, tag and platform may have an empty buyer: for accounts that are not your buyers, and for anonymous pulls;
    of an organisation's images for every buyer, unless you are an owner or its billing role.
    """

    serializer_class = PullCountSerializer
    queryset = PullCount.objects.all()
    filterset_fields: ClassVar[dict[str, list[str]]] = {
        "image": ["exact"],
        "day": ["exact", "gte", "lte"],
        "tag": ["exact"],
        "platform": ["exact"],
    }

    def get_queryset(self) -> QuerySet[PullCount]:
        viewer_id = self.request.user.pk
        return with_shown_buyer(super().get_queryset().filter(image__owner__in=accounts_sold_for(viewer_id)), viewer_id=viewer_id)


class PullerSketchViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[PullerSketch]):
    """Approximately how many different accounts and clients pulled your images, by day, week (from Monday) and month, in UTC."""

    serializer_class = PullerSketchSerializer
    queryset = PullerSketch.objects.defer("sketch")
    filterset_fields: ClassVar[dict[str, list[str]]] = {
        "image": ["exact"],
        "period": ["exact"],
        "begins": ["exact", "gte", "lte"],
    }

    def get_queryset(self) -> QuerySet[PullerSketch]:
        return super().get_queryset().filter(image__owner__in=accounts_sold_for(self.request.user.pk))


class FiguresViewSet(viewsets.ViewSet):
    """What you sell, by day, week and month."""

    @extend_schema(operation_id="figures_retrieve", parameters=[FiguresQuerySerializer], responses=FiguresSerializer)
    def list(self, request: Request) -> Response:
        """Add up revenue, orders, refunds, pulls, distinct pullers and views, as your dashboard shows them.

        In UTC, of days that are over: at most 30 days, 26 weeks from Monday, or 12 months. With them come the trend and a
        forecast of 30 days, where your days carry one: of your revenue, and of orders, pulls and views.
        """
        query = FiguresQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        values = query.validated_data
        seller_id = _seller_named(asker(request), values["seller"])
        product = get_object_or_404(Product, pk=values["product"], seller=seller_id) if values["product"] else None
        product_id = product.pk if product else None
        found = figures_of(seller_id=seller_id, product_id=product_id, unit=Unit(values["by"]), until=last_whole_day())
        counts = count_outlooks_of(seller_id=seller_id, product_id=product_id)
        context = {"outlooks": outlooks_of(seller_id=seller_id, product_id=product_id) + counts}
        return Response(FiguresSerializer(cast("Any", found), context=context).data)


def _seller_named(user: User, handle: str) -> UUID:
    if not handle:
        return user.account.pk
    seller = get_object_or_404(accounts_sold_for(user.pk), handle=handle)
    if role_for(user, seller.pk) not in BUYING_ROLES:
        raise RoleNotEnough(roles=BUYING_ROLES)
    return seller.pk
