from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('marketplace', '0005_keep_a_summary_of_layers_with_each_cover'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='manifest',
            index=models.Index(
                models.F('image'),
                models.OrderBy(models.F('pushed_at'), descending=True),
                condition=models.Q(('described_at__isnull', True), models.Q(models.Q(('last_error', ''), _negated=True), ('removal_asked_at__isnull', False), _connector='OR')),
                name='manifest_unreadable',
            ),
        ),
    ]
