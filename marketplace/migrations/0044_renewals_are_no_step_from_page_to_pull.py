"""How many of a day's orders pay for a later period of a subscription."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The rows of before have none, and are derived again by `billing.roll_up_late_sales`; so are those that the version before adds yet."""

    dependencies = [("marketplace", "0043_what_grows_is_named_by_what_it_does")]
    operations = [
        migrations.AddField(model_name="dailyfigures", name="renewals", field=models.PositiveIntegerField(null=True)),
        migrations.AlterField(model_name="dailyfigures", name="renewals", field=models.PositiveIntegerField(default=0, null=True)),
    ]
