from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('marketplace', '0004_stored_blobs'),
    ]

    operations = [
        migrations.AddField(
            model_name='cover',
            name='layers',
            field=models.JSONField(blank=True, null=True),
        ),
    ]
