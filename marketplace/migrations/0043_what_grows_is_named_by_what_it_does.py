"""The admin says what a growth is."""

from django.db import migrations


class Migration(migrations.Migration):
    """Words alone; no table is touched."""

    dependencies = [("marketplace", "0042_gifts_of_which_an_image_was_taken_back")]
    operations = [
        migrations.AlterModelOptions(
            name="growth",
            options={
                "ordering": ("-created_at",),
                "verbose_name": "image for earlier buyers",
                "verbose_name_plural": "images for earlier buyers",
            },
        ),
    ]
