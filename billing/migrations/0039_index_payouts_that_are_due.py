from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [('billing', '0038_payouts_are_asked_about_one_by_one')]

    operations = [
        AddIndexConcurrently(
            model_name='payout',
            index=models.Index(condition=models.Q(('given_up_at__isnull', True), ('status__in', ('pending', 'in_transit'))), fields=['due_at'], name='payout_due'),
        ),
    ]
