"""An image that goes takes along the rows of the tokens that were limited to it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Django deletes them; no table is touched."""

    dependencies = [("marketplace", "0043_what_grows_is_named_by_what_it_does")]
    operations = [
        migrations.AlterField(
            model_name="credentialimage",
            name="image",
            field=models.ForeignKey(on_delete=models.deletion.CASCADE, related_name="+", to="marketplace.image"),
        ),
    ]
