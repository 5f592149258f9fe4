"""An envelope is claimed for a while, so that the worker that has it needs no long transaction."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("registry_auth", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="registryenvelope",
            name="claimed_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
