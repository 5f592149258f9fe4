"""Trials name the edition that is tried, and gifts say which one is given. The version before tries and names whole products."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0039_images_that_reach_earlier_buyers")]

    operations = [
        migrations.AddField(
            "trial",
            "edition",
            models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="marketplace.edition",
            ),
        ),
        migrations.AddField("gift", "title", models.CharField(blank=True, db_default="", default="", editable=False, max_length=80)),
    ]
