"""A comparison that fails is begun again later."""

import django.utils.timezone
from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    """With defaults in the database, for the version before writes rows without these columns."""

    dependencies = [("marketplace", "0044_renewals_are_no_step_from_page_to_pull")]
    operations = [
        migrations.AddField("uncheckedlayers", "attempts", models.PositiveSmallIntegerField(db_default=0, default=0)),
        migrations.AddField(
            "uncheckedlayers",
            "due_at",
            models.DateTimeField(db_default=Now(), default=django.utils.timezone.now),
        ),
    ]
