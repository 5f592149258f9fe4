"""What products rank by is kept with them. The worker fills it: `marketplace.add_up_pulls`."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0015_platforms_have_one_name")]

    operations = [
        migrations.AddField(
            model_name="product",
            name="pulls",
            field=models.PositiveBigIntegerField(
                default=0, editable=False, help_text="Of its images, by which it ranks; added up every 5 minutes."
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(
                fields=["-pulls"], condition=models.Q(("state", "published")), name="product_most_pulled"
            ),
        ),
    ]
