"""An image that goes takes along the rows of the tokens that were limited to it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Django deletes them; no table is touched."""

    dependencies = [("marketplace", "0045_put_off_layers_that_cannot_be_compared")]
    operations = [
        migrations.AlterField(
            model_name="credentialimage",
            name="image",
            field=models.ForeignKey(on_delete=models.deletion.CASCADE, related_name="+", to="marketplace.image"),
        ),
    ]
