import common.ids
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0002_sellers_storage_quota"),
        ("marketplace", "0021_index_names_and_kinds_of_what_is_searched"),
    ]

    operations = [
        migrations.CreateModel(
            name="RevenueOutlook",
            fields=[
                ("id", models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("currency", models.CharField(max_length=3)),
                ("until", models.DateField(blank=True, null=True)),
                ("tried_at", models.DateTimeField(blank=True, null=True)),
                ("found", models.JSONField(default=dict)),
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
                "ordering": ("seller", "product", "currency"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("seller", "product", "currency"), name="revenue_outlook_unique", nulls_distinct=False
                    )
                ],
            },
        ),
    ]
