"""Pulls of the asker's images, as they were counted."""

from typing import ClassVar

from django.db.models import QuerySet
from rest_framework import mixins, viewsets

from marketplace.insights.models import PullCount, PullerSketch
from marketplace.insights.selectors import with_shown_buyer
from marketplace.insights.serializers import PullCountSerializer, PullerSketchSerializer


class PullCountViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[PullCount]):
    """Pulls of your images by day (UTC), tag, platform and buyer: a row for each that there was.

    Several rows of one day, tag and platform may have an empty buyer: those of other accounts than your buyers', and the anonymous.
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
    """How many different accounts and clients pulled your images, by day, week (from Monday) and month in UTC, about."""

    serializer_class = PullerSketchSerializer
    queryset = PullerSketch.objects.defer("sketch")
    filterset_fields: ClassVar[dict[str, list[str]]] = {
        "image": ["exact"],
        "period": ["exact"],
        "begins": ["exact", "gte", "lte"],
    }

    def get_queryset(self) -> QuerySet[PullerSketch]:
        return super().get_queryset().filter(image__owner__user=self.request.user.pk)
