"""Trends and forecasts in the API."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from common.currencies import currency as row_of
from marketplace.insights.findings import Figure, Method, Reason
from marketplace.insights.outlook import Estimate, Outlook


@extend_schema_field(OpenApiTypes.NUMBER)
class AmountField(serializers.Field[float, float, float, Any]):
    """Whole minor units of revenue; of what is counted, a number with at most one decimal."""

    def to_representation(self, value: float) -> float:
        """Return it as it is stored."""
        return value


class TrendSerializer(serializers.Serializer[Any]):
    """A straight line through all days."""

    days = serializers.IntegerField(help_text="How many it was drawn through.")
    per_week = AmountField(help_text="What a week adds, in minor units, or what is counted.")
    low = AmountField(help_text="Where the interval of 95 % begins.")
    high = AmountField(help_text="Where it ends.")
    is_certain = serializers.BooleanField(help_text="Whether zero lies outside the interval: otherwise these days show no trend.")


class EstimateSerializer(serializers.Serializer[Estimate]):
    """A day by the smoothed line or by the forecast, in minor units, or what is counted."""

    day = serializers.DateField()
    value = AmountField()
    low = AmountField()
    high = AmountField()


class ForecastSerializer(serializers.Serializer[Any]):
    """What the next days bring, and how well such a forecast did before."""

    method = serializers.ChoiceField(choices=[method.value for method in Method])
    reason = serializers.ChoiceField(
        choices=[reason.value for reason in Reason], allow_null=True, help_text="Why it is not the local line."
    )
    count = serializers.IntegerField(
        help_text="Of what the reason speaks of: days, days with sales, sales, or days without a sale. For sales, read pulls or views."
    )
    error_ratio = serializers.FloatField(
        allow_null=True, help_text="The mean absolute error of the local line on the held-out weeks, by that of the same as last week."
    )
    held_out_weeks = serializers.IntegerField()
    days = EstimateSerializer(many=True, help_text="The interval should hold four days in five; empty without a forecast.")


class OutlookSerializer(serializers.Serializer[Outlook]):
    """Trend and forecast of what you earn in one currency, or of what is counted, worked out once a day."""

    figure = serializers.ChoiceField(choices=[figure.value for figure in Figure])
    currency = serializers.CharField(help_text="ISO 4217, lower case; empty for what is counted.")
    begins = serializers.DateField(help_text="The first day that it was made from.")
    until = serializers.DateField(help_text="The last one.")
    trend = serializers.SerializerMethodField()
    line = EstimateSerializer(many=True, help_text="The last days, smoothed, with a band of 95 %; empty where there are fewer than 21.")
    forecast = serializers.SerializerMethodField()

    @extend_schema_field(TrendSerializer(allow_null=True))
    def get_trend(self, outlook: Outlook) -> dict[str, object] | None:
        """Round as pages do; none below four weeks."""
        trend = outlook.trend
        if trend is None:
            return None
        amounts = {name: _rounded(getattr(trend, name), outlook.currency) for name in ("per_week", "low", "high")}
        return TrendSerializer({"days": trend.days, "is_certain": trend.is_certain, **amounts}).data

    @extend_schema_field(ForecastSerializer)
    def get_forecast(self, outlook: Outlook) -> dict[str, object]:
        """Name its method and reason, and its days."""
        found = outlook.forecast
        names = ("method", "reason", "count", "error_ratio", "held_out_weeks")
        return ForecastSerializer({name: getattr(found, name) for name in names} | {"days": outlook.coming}).data


def _rounded(value: float, currency: str) -> float:
    """Round to what the currency is counted in, and counts to tenths."""
    if not currency:
        return round(value, 1)
    step = row_of(currency).step
    return round(value / step) * step
