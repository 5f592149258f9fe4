from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    """The rows of before are looked at without keeping anybody out."""

    dependencies = [("billing", "0014_discounts_and_offers")]
    operations = [ValidateConstraint("order", "order_amount_positive_or_discounted")]
