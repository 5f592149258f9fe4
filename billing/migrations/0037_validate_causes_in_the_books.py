from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("billing", "0036_staff_post_what_is_missing")]

    operations = [ValidateConstraint("ledgertransaction", "ledger_transaction_leads_to_its_cause")]
