from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0011_fee_terms_of_sellers")]

    operations = [
        migrations.AddField(
            "sellerprofile",
            "refused_currencies",
            ArrayField(
                models.CharField(max_length=3),
                blank=True,
                db_default=[],
                default=list,
                help_text="That Stripe does not charge for this account.",
                size=None,
            ),
        ),
    ]
