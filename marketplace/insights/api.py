"""Counted pulls of the requester's images."""

from typing import ClassVar

from django.db.models import QuerySet
from rest_framework import mixins, viewsets

from marketplace.insights.models import PullCount, PullerSketch
from marketplace.insights.selectors import with_shown_buyer
from marketplace.insights.serializers import PullCountSerializer, PullerSketchSerializer


class PullCountViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[PullCount]):
    """Pulls of your images: a row for each day (UTC), tag, platform and buyer.

    Several rows of the same day, tag and platform may have an empty buyer: for accounts that are not your buyers, and for anonymous pulls.
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
        return with_shown_buyer(super().get_queryset().filter(image__owner__user=self.request.user.pk))


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
        return super().get_queryset().filter(image__owner__user=self.request.user.pk)
