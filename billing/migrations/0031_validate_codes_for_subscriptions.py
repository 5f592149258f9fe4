from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [('billing', '0030_codes_for_subscriptions')]

    operations = [
        ValidateConstraint('discount', 'discount_of_subscriptions_is_a_sellers'),
        ValidateConstraint('discount', 'discount_lasts_some_months'),
    ]
