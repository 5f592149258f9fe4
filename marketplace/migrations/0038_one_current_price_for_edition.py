"""One current price for currency and interval becomes one for each edition too, and one that leads. Indexes are made beside writers."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations, models
from django.db.models import Q

CURRENT = models.UniqueConstraint(
    fields=("product", "edition", "currency", "interval"),
    condition=Q(retired_at__isnull=True),
    nulls_distinct=False,
    name="price_one_current_of_edition",
)
LEADING = models.UniqueConstraint(
    fields=("product", "edition", "interval"),
    condition=Q(leading=True, retired_at__isnull=True),
    nulls_distinct=False,
    name="price_one_leading_of_edition",
)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("marketplace", "0037_editions_of_products")]

    operations = [
        ValidateConstraint("price", "price_of_edition_is_charged"),
        migrations.RunSQL("ALTER TABLE marketplace_price VALIDATE CONSTRAINT price_edition_of_product", migrations.RunSQL.noop),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    'CREATE UNIQUE INDEX CONCURRENTLY "price_one_current_of_edition" ON "marketplace_price"'
                    ' ("product_id", "edition_id", "currency", "interval") NULLS NOT DISTINCT WHERE "retired_at" IS NULL',
                    'DROP INDEX CONCURRENTLY IF EXISTS "price_one_current_of_edition"',
                ),
                migrations.RunSQL(
                    'CREATE UNIQUE INDEX CONCURRENTLY "price_one_leading_of_edition" ON "marketplace_price"'
                    ' ("product_id", "edition_id", "interval") NULLS NOT DISTINCT WHERE "leading" AND "retired_at" IS NULL',
                    'DROP INDEX CONCURRENTLY IF EXISTS "price_one_leading_of_edition"',
                ),
                migrations.RunSQL(
                    'DROP INDEX CONCURRENTLY IF EXISTS "price_one_current_of_interval"',
                    'CREATE UNIQUE INDEX CONCURRENTLY "price_one_current_of_interval" ON "marketplace_price"'
                    ' ("product_id", "currency", "interval") WHERE "retired_at" IS NULL',
                ),
                migrations.RunSQL(
                    'DROP INDEX CONCURRENTLY IF EXISTS "price_one_leading_of_interval"',
                    'CREATE UNIQUE INDEX CONCURRENTLY "price_one_leading_of_interval" ON "marketplace_price"'
                    ' ("product_id", "interval") WHERE "leading" AND "retired_at" IS NULL',
                ),
            ],
            state_operations=[
                migrations.AddConstraint("price", CURRENT),
                migrations.AddConstraint("price", LEADING),
                migrations.RemoveConstraint("price", "price_one_current_of_interval"),
                migrations.RemoveConstraint("price", "price_one_leading_of_interval"),
            ],
        ),
    ]
