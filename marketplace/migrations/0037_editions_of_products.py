"""Editions of a product with images and prices of their own. What a price was for never changes either."""

import django.db.models.deletion
import django.utils.timezone
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.models import Q

import common.ids

REPLACE_TRIGGER = """
DROP TRIGGER price_never_changes ON marketplace_price;
CREATE TRIGGER price_never_changes BEFORE UPDATE ON marketplace_price FOR EACH ROW
WHEN ((OLD.id, OLD.product_id, OLD.amount, OLD.currency, OLD.kind, OLD.created_at, OLD.suggested, OLD.interval, OLD.edition_id)
      IS DISTINCT FROM
      (NEW.id, NEW.product_id, NEW.amount, NEW.currency, NEW.kind, NEW.created_at, NEW.suggested, NEW.interval, NEW.edition_id)
      OR (OLD.retired_at IS NOT NULL AND NEW.retired_at IS DISTINCT FROM OLD.retired_at))
EXECUTE FUNCTION marketplace_price_never_changes();
"""
RESTORE_TRIGGER = REPLACE_TRIGGER.replace(", OLD.edition_id", "").replace(", NEW.edition_id", "")

# An edition holds images of its product alone, and a price is for an edition of its product.
_KEY = "ALTER TABLE {0} ADD CONSTRAINT {1} FOREIGN KEY {2} REFERENCES {3} DEFERRABLE INITIALLY DEFERRED{4}"
KEYS = [
    ("marketplace_editionimage", "edition_image_of_product", "(edition_id, product_id)", "marketplace_edition (id, product_id)", ""),
    ("marketplace_editionimage", "edition_image_in_product", "(product_id, image_id)", "marketplace_productimage (product_id, image_id)", ""),
    ("marketplace_price", "price_edition_of_product", "(edition_id, product_id)", "marketplace_edition (id, product_id)", " NOT VALID"),
]


class Migration(migrations.Migration):
    """The version before sells whole products: its prices are for no edition."""

    dependencies = [("marketplace", "0036_support_and_finance_see_trials")]

    operations = [
        migrations.CreateModel(
            name="Edition",
            fields=[
                ("id", models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=30)),
                ("line", models.CharField(blank=True, max_length=120)),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("retired_at", models.DateTimeField(blank=True, null=True)),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="editions", to="marketplace.product"
                    ),
                ),
            ],
            options={"ordering": ("position", "created_at", "id")},
        ),
        migrations.CreateModel(
            name="EditionImage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "edition",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="edition_images",
                        to="marketplace.edition",
                    ),
                ),
                ("image", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="marketplace.image")),
                (
                    "product",
                    models.ForeignKey(
                        editable=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="marketplace.product"
                    ),
                ),
            ],
            options={"ordering": ("id",)},
        ),
        migrations.AddField(
            "edition", "images", models.ManyToManyField(related_name="+", through="marketplace.EditionImage", to="marketplace.image")
        ),
        migrations.AddConstraint(
            "edition",
            models.UniqueConstraint(fields=("product", "name"), condition=Q(retired_at__isnull=True), name="edition_name_unique"),
        ),
        migrations.AddConstraint("edition", models.UniqueConstraint(fields=("id", "product"), name="edition_id_product_unique")),
        migrations.AddConstraint("editionimage", models.UniqueConstraint(fields=("edition", "image"), name="edition_image_unique")),
        migrations.AddField(
            "price",
            "edition",
            models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="prices",
                to="marketplace.edition",
            ),
        ),
        *(
            migrations.RunSQL(_KEY.format(*key), f"ALTER TABLE {key[0]} DROP CONSTRAINT {key[1]}")
            for key in KEYS
        ),
        AddConstraintNotValid(
            "price", models.CheckConstraint(condition=Q(edition__isnull=True) | Q(amount__gt=0), name="price_of_edition_is_charged")
        ),
        migrations.RunSQL(REPLACE_TRIGGER, RESTORE_TRIGGER),
    ]
