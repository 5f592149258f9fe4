"""How often a price is paid; what was sold at still never changes. And pull access that follows from a subscription."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.models import Q

KINDS = [
    ("order", "Bought"),
    ("free", "Got for free"),
    ("subscribed", "Subscribed"),
    ("staff", "Given by staff"),
    ("seller", "Given by the seller"),
]
REPLACE_TRIGGER = """
DROP TRIGGER price_never_changes ON marketplace_price;
CREATE TRIGGER price_never_changes BEFORE UPDATE ON marketplace_price FOR EACH ROW
WHEN ((OLD.id, OLD.product_id, OLD.amount, OLD.currency, OLD.kind, OLD.created_at, OLD.suggested, OLD.interval)
      IS DISTINCT FROM (NEW.id, NEW.product_id, NEW.amount, NEW.currency, NEW.kind, NEW.created_at, NEW.suggested, NEW.interval)
      OR (OLD.retired_at IS NOT NULL AND NEW.retired_at IS DISTINCT FROM OLD.retired_at))
EXECUTE FUNCTION marketplace_price_never_changes();
"""
RESTORE_TRIGGER = REPLACE_TRIGGER.replace(", OLD.interval", "").replace(", NEW.interval", "")


class Migration(migrations.Migration):
    """`interval` has a default in the database: what the version before sells is paid once."""

    dependencies = [("marketplace", "0030_support_and_finance_see_gifts")]

    operations = [
        migrations.AddField(
            "price",
            "interval",
            models.CharField(
                blank=True,
                choices=[("", "once"), ("month", "each month"), ("year", "each year")],
                db_default="",
                default="",
                help_text="How often it is paid.",
                max_length=5,
            ),
        ),
        migrations.AlterField("entitlement", "source_kind", models.CharField(choices=KINDS, max_length=10)),
        migrations.RunSQL(REPLACE_TRIGGER, RESTORE_TRIGGER),
        AddConstraintNotValid(
            "price",
            models.CheckConstraint(condition=Q(interval="") | Q(kind="one_off", amount__gt=0), name="price_of_interval_is_charged"),
        ),
    ]
