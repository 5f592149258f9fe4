"""Whose decision a refund was is said of those that exist, too; sales that are not in the books get an index."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


def say_whose(apps, schema_editor):
    without = apps.get_model("billing", "Refund").objects.filter(requested_by__isnull=True)
    without.filter(reason="Made in Stripe's dashboard.").update(origin="stripe")
    without.exclude(reason="Made in Stripe's dashboard.").update(origin="shop")


class Migration(migrations.Migration):

    atomic = False

    dependencies = [('billing', '0007_refunds_by_each_side_and_unbooked_sales')]

    operations = [
        migrations.RunPython(say_whose, migrations.RunPython.noop),
        AddIndexConcurrently(
            model_name='order',
            index=models.Index(
                condition=models.Q(('booked_at__isnull', True), ('given_up_at__isnull', True), ('paid_at__isnull', False)),
                fields=['due_at'],
                name='order_unbooked',
            ),
        ),
    ]
