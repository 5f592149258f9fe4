from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('marketplace', '0011_contents_of_manifests_and_known_bases'),
    ]

    operations = [
        migrations.AddField(
            model_name='cover',
            name='preview',
            field=models.BinaryField(blank=True, editable=False, null=True),
        ),
    ]
