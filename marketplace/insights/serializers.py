"""Pulls and figures in the API."""

from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from marketplace.insights.figures import Figures, PeriodFigures
from marketplace.insights.models import PullCount, PullerSketch
from marketplace.insights.outlook_serializers import OutlookSerializer
from marketplace.insights.periods import Unit


class PullCountSerializer(serializers.ModelSerializer[PullCount]):
    """Pulls of one day, tag, platform and buyer."""

    buyer = serializers.CharField(
        source="shown_buyer", help_text="The account's name if it bought the image and you see its sales; else empty."
    )

    class Meta:
        model = PullCount
        fields = ("id", "image", "day", "tag", "platform", "buyer", "count")
        read_only_fields = fields


class PullerSketchSerializer(serializers.ModelSerializer[PullerSketch]):
    """Distinct pullers of a day, a week or a month."""

    distinct = serializers.IntegerField(help_text="By HyperLogLog: the standard error is 0.81 %.")

    class Meta:
        model = PullerSketch
        fields = ("id", "image", "period", "begins", "distinct", "updated_at")
        read_only_fields = fields


class FiguresQuerySerializer(serializers.Serializer[Any]):
    """Which figures are asked for."""

    by = serializers.ChoiceField(choices=[unit.value for unit in Unit], default=Unit.MONTH.value, help_text="What days are added up by.")
    product = serializers.UUIDField(default=None, allow_null=True, help_text="One of your products; all of them if left out.")
    seller = serializers.CharField(
        default="", max_length=40, help_text="Handle of an organisation whose money you see; you yourself if left out."
    )


class AmountsSerializer(serializers.Serializer[Any]):
    """What was paid in one currency, in minor units."""

    currency = serializers.CharField(help_text="ISO 4217, lower case.")
    revenue = serializers.IntegerField(help_text="What was paid less what went back; may be below zero.")
    refunded = serializers.IntegerField(help_text="What went back, to buyers and to their banks.")


class PeriodSerializer(serializers.Serializer[PeriodFigures]):
    """The figures of a day, week or month."""

    begins = serializers.DateField()
    ends = serializers.DateField(help_text="The last day that counts.")
    amounts = serializers.SerializerMethodField()
    orders = serializers.IntegerField()
    refunds = serializers.IntegerField()
    checkouts = serializers.IntegerField(help_text="Orders placed, paid or not; of a subscription its first.")
    renewals = serializers.IntegerField(help_text="Of the orders, those for later periods of subscriptions.")
    first_pulls = serializers.IntegerField(
        help_text="Of the other orders, those whose holder has pulled since: the buyer, or who claimed the gift."
    )
    pulls = serializers.IntegerField()
    pullers = serializers.IntegerField(help_text="Distinct pullers, by HyperLogLog: the standard error is 0.81 %.")
    views = serializers.IntegerField()

    @extend_schema_field(AmountsSerializer(many=True))
    def get_amounts(self, figures: PeriodFigures) -> list[dict[str, object]]:
        """List the currencies in which anything was paid or went back."""
        return [
            {"currency": code, "revenue": figures.revenue(code).minor, "refunded": figures.went_back(code).minor}
            for code in sorted(figures.paid.keys() | figures.refunded.keys())
        ]


@extend_schema_serializer(many=False)  # it stands alone at an address without a key
class FiguresSerializer(serializers.Serializer[Figures]):
    """Periods, and what the current one is compared with."""

    by = serializers.CharField(source="unit")
    periods = PeriodSerializer(
        many=True, help_text="Oldest first, none before your first day; the last one is the current one, until yesterday."
    )
    before = PeriodSerializer(help_text="The same days of the period before the current one; of a day, the same day of the week before.")
    outlooks = serializers.SerializerMethodField()

    @extend_schema_field(OutlookSerializer(many=True))
    def get_outlooks(self, figures: Figures) -> list[Any]:  # noqa: ARG002  they are of days, whatever the periods are
        """Trend and forecast of revenue, for each currency, and of orders, pulls and views."""
        return list(OutlookSerializer(self.context["outlooks"], many=True).data)
