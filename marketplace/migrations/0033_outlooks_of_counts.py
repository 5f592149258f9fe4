import django.db.models.deletion
from django.db import migrations, models

import common.ids


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0002_sellers_storage_quota"),
        ("marketplace", "0032_one_current_price_for_currency_and_interval"),
    ]

    operations = [
        migrations.CreateModel(
            name="CountOutlook",
            fields=[
                ("id", models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("until", models.DateField(blank=True, null=True)),
                ("tried_at", models.DateTimeField(blank=True, null=True)),
                ("found", models.JSONField(default=dict)),
                ("figure", models.CharField(choices=[("orders", "orders"), ("pulls", "pulls"), ("views", "views")], max_length=6)),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="marketplace.product",
                    ),
                ),
                (
                    "seller",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.sellerprofile",
                    ),
                ),
            ],
            options={
                "ordering": ("seller", "product", "figure"),
                "constraints": [
                    models.UniqueConstraint(fields=("seller", "product", "figure"), name="count_outlook_unique", nulls_distinct=False)
                ],
            },
        ),
    ]
