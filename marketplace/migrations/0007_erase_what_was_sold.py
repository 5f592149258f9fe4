from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('marketplace', '0006_index_unreadable_manifests'),
    ]

    operations = [
        migrations.AddField(
            model_name='image',
            name='erasure_asked_at',
            field=models.DateTimeField(blank=True, editable=False, help_text='When staff asked to have it deleted although it was sold.', null=True),
        ),
    ]
