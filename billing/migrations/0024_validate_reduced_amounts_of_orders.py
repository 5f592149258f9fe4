from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    """The rows of before are looked at without keeping anybody out."""

    dependencies = [("billing", "0023_credits_for_what_is_owned")]
    operations = [ValidateConstraint("order", "order_amount_positive_or_reduced")]
