import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('marketplace', '0010_index_who_has_a_layer'),
    ]

    operations = [
        migrations.CreateModel(
            name='KnownBase',
            fields=[
                ('chain', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('tag', models.CharField(max_length=128)),
                ('layers', models.PositiveSmallIntegerField()),
                ('size', models.PositiveBigIntegerField()),
                ('manifest', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.manifest')),
            ],
        ),
        migrations.CreateModel(
            name='ManifestContents',
            fields=[
                ('manifest', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='contents', serialize=False, to='marketplace.manifest')),
                ('facts', models.JSONField(blank=True, null=True)),
                ('evidence', models.JSONField(blank=True, default=list)),
                ('subject', models.CharField(blank=True, max_length=140)),
                ('attestations', models.JSONField(blank=True, default=list)),
                ('hidden', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=140), blank=True, default=list, size=None)),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('image', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='marketplace.image')),
            ],
            options={
                'verbose_name_plural': 'manifest contents',
                'indexes': [models.Index(condition=models.Q(('subject', ''), _negated=True), fields=['image', 'subject', '-recorded_at'], name='contents_of_subject'), models.Index(condition=models.Q(('hidden', []), _negated=True), fields=['image', '-recorded_at'], name='contents_hiding')],
            },
        ),
        migrations.AlterField(
            model_name='tagmove',
            name='new_digest',
            field=models.CharField(blank=True, max_length=140),
        ),
    ]
