from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('marketplace', '0009_flag_layers_of_another_sellers_paid_image'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='storedblob',
            index=models.Index(fields=['digest', 'id'], name='stored_blob_sellers'),
        ),
    ]
