"""A gift says that an image of it was taken back."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """A column that may be empty: the version before leaves it so."""

    dependencies = [("marketplace", "0041_support_sees_images_that_reach_earlier_buyers")]
    operations = [
        migrations.AddField(
            model_name="gift",
            name="reduced_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
    ]
