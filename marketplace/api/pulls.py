"""Pulls of the asker's images, as they were counted."""

from typing import ClassVar

from django.db.models import QuerySet
from rest_framework import mixins, viewsets

from marketplace.api import serializers
from marketplace.models import PullCount
from marketplace.selectors.pulls import with_shown_buyer


class PullCountViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[PullCount]):
    """Pulls of your images by day (UTC), tag, platform and buyer: a row for each that there was.

    Several rows of one day, tag and platform may have an empty buyer: those of other accounts than your buyers', and the anonymous.
    """

    serializer_class = serializers.PullCountSerializer
    queryset = PullCount.objects.all()
    filterset_fields: ClassVar[dict[str, list[str]]] = {
        "image": ["exact"],
        "day": ["exact", "gte", "lte"],
        "tag": ["exact"],
        "platform": ["exact"],
    }

    def get_queryset(self) -> QuerySet[PullCount]:
        return with_shown_buyer(super().get_queryset().filter(image__owner__user=self.request.user.pk))
