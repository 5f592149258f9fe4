from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0012_currencies_that_stripe_refuses_a_seller")]

    operations = [
        migrations.AddField(
            "user",
            "currency",
            models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Of prices, where a product has several; empty is the browser’s region’s.",
                max_length=3,
            ),
        ),
    ]
