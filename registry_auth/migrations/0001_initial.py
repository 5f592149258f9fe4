import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('marketplace', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Reconciliation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('started_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('ended_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('written', models.PositiveIntegerField(default=0, verbose_name='tags written')),
                ('removed', models.PositiveIntegerField(default=0, verbose_name='tags removed')),
                ('described', models.PositiveIntegerField(default=0, verbose_name='manifests described')),
                ('unknown_repositories', models.PositiveIntegerField(default=0)),
                ('refused', models.PositiveIntegerField(default=0, verbose_name='images refused')),
                ('stopped_before', models.UUIDField(blank=True, editable=False, null=True)),
                ('problem', models.CharField(blank=True, max_length=500)),
            ],
            options={
                'ordering': ('-started_at',),
                'indexes': [models.Index(fields=['started_at'], name='reconciliation_age')],
            },
        ),
        migrations.CreateModel(
            name='RegistryEnvelope',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('received_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('body', models.JSONField()),
                ('event_count', models.PositiveIntegerField(default=1, editable=False)),
                ('attempts', models.PositiveSmallIntegerField(default=0, editable=False)),
                ('due_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('last_error', models.CharField(blank=True, editable=False, max_length=500)),
                ('given_up_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('drained_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ('-id',),
                'indexes': [models.Index(condition=models.Q(('drained_at__isnull', True), ('given_up_at__isnull', True)), fields=['id'], name='registry_envelope_open')],
            },
        ),
        migrations.CreateModel(
            name='SeenRegistryEvent',
            fields=[
                ('id', models.CharField(max_length=100, primary_key=True, serialize=False)),
                ('seen_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                'indexes': [models.Index(fields=['seen_at'], name='seen_registry_event_age')],
            },
        ),
        migrations.CreateModel(
            name='RepositoryTrouble',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('attempts', models.PositiveSmallIntegerField(default=0, editable=False)),
                ('due_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('last_error', models.CharField(blank=True, editable=False, max_length=500)),
                ('given_up_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('job', models.CharField(choices=[('reconcile', 'compare with the registry'), ('empty', 'remove what was taken down')], max_length=10)),
                ('image', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='marketplace.image')),
            ],
            options={
                'verbose_name': 'image in trouble',
                'verbose_name_plural': 'images in trouble',
                'ordering': ('-due_at',),
                'constraints': [models.UniqueConstraint(fields=('image', 'job'), name='repository_trouble_once')],
            },
        ),
        migrations.CreateModel(
            name='WaitingPuller',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('puller', models.UUIDField()),
                ('image', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='marketplace.image')),
            ],
            options={
                'ordering': ('image', 'day'),
                'constraints': [models.UniqueConstraint(fields=('image', 'day', 'puller'), name='waiting_puller_once')],
            },
        ),
    ]
