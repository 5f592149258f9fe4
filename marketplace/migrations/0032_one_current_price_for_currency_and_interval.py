"""One current price in each currency becomes one for currency and interval, and one that leads for each interval.

Indexes are made beside writers.
"""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations, models
from django.db.models import Q

CURRENT = models.UniqueConstraint(
    fields=("product", "currency", "interval"), condition=Q(retired_at__isnull=True), name="price_one_current_of_interval"
)
LEADING = models.UniqueConstraint(
    fields=("product", "interval"), condition=Q(leading=True, retired_at__isnull=True), name="price_one_leading_of_interval"
)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("marketplace", "0031_prices_by_the_month_or_year")]

    operations = [
        ValidateConstraint("price", "price_of_interval_is_charged"),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    'CREATE UNIQUE INDEX CONCURRENTLY "price_one_current_of_interval" ON "marketplace_price"'
                    ' ("product_id", "currency", "interval") WHERE "retired_at" IS NULL',
                    'DROP INDEX CONCURRENTLY IF EXISTS "price_one_current_of_interval"',
                ),
                migrations.RunSQL(
                    'CREATE UNIQUE INDEX CONCURRENTLY "price_one_leading_of_interval" ON "marketplace_price"'
                    ' ("product_id", "interval") WHERE "leading" AND "retired_at" IS NULL',
                    'DROP INDEX CONCURRENTLY IF EXISTS "price_one_leading_of_interval"',
                ),
                migrations.RunSQL(
                    'DROP INDEX CONCURRENTLY IF EXISTS "price_one_current_in_currency"',
                    'CREATE UNIQUE INDEX CONCURRENTLY "price_one_current_in_currency" ON "marketplace_price" ("product_id", "currency")'
                    ' WHERE "retired_at" IS NULL',
                ),
                migrations.RunSQL(
                    'DROP INDEX CONCURRENTLY IF EXISTS "price_one_leading"',
                    'CREATE UNIQUE INDEX CONCURRENTLY "price_one_leading" ON "marketplace_price" ("product_id")'
                    ' WHERE "leading" AND "retired_at" IS NULL',
                ),
            ],
            state_operations=[
                migrations.AddConstraint("price", CURRENT),
                migrations.AddConstraint("price", LEADING),
                migrations.RemoveConstraint("price", "price_one_current_in_currency"),
                migrations.RemoveConstraint("price", "price_one_leading"),
            ],
        ),
    ]
