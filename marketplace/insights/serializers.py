"""Pulls in the API."""

from rest_framework import serializers

from marketplace.insights.models import PullCount, PullerSketch


class PullCountSerializer(serializers.ModelSerializer[PullCount]):
    """Pulls of one day, tag, platform and buyer."""

    buyer = serializers.CharField(source="shown_buyer", help_text="The account's name if it bought the image; empty for everybody else.")

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
