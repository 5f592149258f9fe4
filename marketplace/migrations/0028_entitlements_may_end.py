"""Pull access may be given for a time: the index that the token service reads tells until when, so that it need not read the row."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models
from django.db.models import Q

KINDS = [("order", "Bought"), ("free", "Got for free"), ("staff", "Given by staff"), ("seller", "Given by the seller")]


class Migration(migrations.Migration):
    """The new indexes are there before the old one goes."""

    atomic = False

    dependencies = [("marketplace", "0027_one_current_price_in_each_currency")]

    operations = [
        migrations.AddField(
            "entitlement",
            "ends_at",
            models.DateTimeField(null=True, blank=True, help_text="Until when it was given; empty for good."),
        ),
        migrations.AddField("entitlement", "end_reminded_at", models.DateTimeField(null=True, blank=True, editable=False)),
        migrations.AlterField("entitlement", "source_kind", models.CharField(max_length=10, choices=KINDS)),
        AddIndexConcurrently(
            "entitlement",
            models.Index(
                fields=("holder", "image"),
                include=("ends_at",),
                condition=Q(revoked_at__isnull=True, suspended_at__isnull=True),
                name="entitlement_held_until",
            ),
        ),
        AddIndexConcurrently(
            "entitlement",
            models.Index(
                fields=("ends_at",),
                condition=Q(revoked_at__isnull=True, ends_at__isnull=False),
                name="entitlement_ending",
            ),
        ),
        RemoveIndexConcurrently("entitlement", "entitlement_in_force"),
    ]
