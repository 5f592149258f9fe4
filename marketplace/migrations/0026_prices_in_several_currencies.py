"""A price in each currency, of which one leads; and what a buyer who decides is proposed. What was sold at still never changes."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.models import F, Q

REPLACE_TRIGGER = """
DROP TRIGGER price_never_changes ON marketplace_price;
CREATE TRIGGER price_never_changes BEFORE UPDATE ON marketplace_price FOR EACH ROW
WHEN ((OLD.id, OLD.product_id, OLD.amount, OLD.currency, OLD.kind, OLD.created_at, OLD.suggested)
      IS DISTINCT FROM (NEW.id, NEW.product_id, NEW.amount, NEW.currency, NEW.kind, NEW.created_at, NEW.suggested)
      OR (OLD.retired_at IS NOT NULL AND NEW.retired_at IS DISTINCT FROM OLD.retired_at))
EXECUTE FUNCTION marketplace_price_never_changes();
"""
RESTORE_TRIGGER = REPLACE_TRIGGER.replace(", OLD.suggested", "").replace(", NEW.suggested", "")


class Migration(migrations.Migration):
    """`leading` has a default in the database: the version before writes one price for a product, and that one leads."""

    dependencies = [("marketplace", "0025_refund_windows_of_products")]

    operations = [
        migrations.AddField(
            "price",
            "leading",
            models.BooleanField(db_default=True, default=True, help_text="Shown to who wants no other of its currencies."),
        ),
        migrations.AddField(
            "price",
            "suggested",
            models.PositiveIntegerField(blank=True, help_text="Pay what you want: what the page proposes, minor units.", null=True),
        ),
        migrations.AlterField(
            "price",
            "kind",
            models.CharField(choices=[("one_off", "One price"), ("pwyw", "Pay what you want")], default="one_off", max_length=10),
        ),
        migrations.RunSQL(REPLACE_TRIGGER, RESTORE_TRIGGER),
        AddConstraintNotValid(
            "price",
            models.CheckConstraint(
                condition=Q(suggested__isnull=True) | Q(kind="pwyw", suggested__gt=0, suggested__gte=F("amount")),
                name="price_suggestion_can_be_paid",
            ),
        ),
    ]
