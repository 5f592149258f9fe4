"""One current price for a product becomes one in each currency, and one that leads. Indexes are made beside writers."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations, models
from django.db.models import Q

CURRENT = models.UniqueConstraint(fields=("product", "currency"), condition=Q(retired_at__isnull=True), name="price_one_current_in_currency")
LEADING = models.UniqueConstraint(fields=("product",), condition=Q(leading=True, retired_at__isnull=True), name="price_one_leading")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("marketplace", "0026_prices_in_several_currencies")]

    operations = [
        ValidateConstraint("price", "price_suggestion_can_be_paid"),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    'CREATE UNIQUE INDEX CONCURRENTLY "price_one_current_in_currency" ON "marketplace_price" ("product_id", "currency")'
                    ' WHERE "retired_at" IS NULL',
                    'DROP INDEX CONCURRENTLY IF EXISTS "price_one_current_in_currency"',
                ),
                migrations.RunSQL(
                    'CREATE UNIQUE INDEX CONCURRENTLY "price_one_leading" ON "marketplace_price" ("product_id")'
                    ' WHERE "leading" AND "retired_at" IS NULL',
                    'DROP INDEX CONCURRENTLY IF EXISTS "price_one_leading"',
                ),
                migrations.RunSQL(
                    'DROP INDEX CONCURRENTLY IF EXISTS "price_one_current"',
                    'CREATE UNIQUE INDEX CONCURRENTLY "price_one_current" ON "marketplace_price" ("product_id") WHERE "retired_at" IS NULL',
                ),
            ],
            state_operations=[
                migrations.AddConstraint("price", CURRENT),
                migrations.AddConstraint("price", LEADING),
                migrations.RemoveConstraint("price", "price_one_current"),
            ],
        ),
    ]
