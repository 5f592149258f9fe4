"""Reports in the API."""

from rest_framework import serializers

from marketplace.moderation.models import LONGEST, Report


class ReportSerializer(serializers.ModelSerializer[Report]):
    """A report of yours, and what became of it."""

    class Meta:
        model = Report
        fields = ("id", "about", "target_id", "target_label", "kind", "details", "created_at", "state", "decided_at", "answer")
        read_only_fields = fields


class NewReportSerializer(serializers.Serializer[Report]):
    """What you report."""

    about = serializers.ChoiceField(choices=Report.About.choices)
    target_id = serializers.UUIDField(help_text="Key of the product, image or review; for a shop that of its account.")
    kind = serializers.ChoiceField(choices=Report.Kind.choices)
    details = serializers.CharField(max_length=LONGEST, help_text="Where you saw it, and whom it concerns.")
