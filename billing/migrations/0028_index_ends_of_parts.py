from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [('billing', '0027_parts_of_subscriptions_end')]

    operations = [
        AddIndexConcurrently(
            model_name='subscription',
            index=models.Index(condition=models.Q(('part_until__isnull', False)), fields=['part_until'], name='subscription_part_until'),
        ),
    ]
