import common.ids
import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('marketplace', '0008_note_moves_of_tags_and_who_wants_mail_about_them'),
    ]

    operations = [
        migrations.CreateModel(
            name='UncheckedLayers',
            fields=[
                ('manifest_id', models.UUIDField(primary_key=True, serialize=False)),
            ],
            options={
                'verbose_name_plural': 'unchecked layers',
            },
        ),
        migrations.CreateModel(
            name='ResaleFlag',
            fields=[
                ('id', models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('digest', models.CharField(max_length=140)),
                ('origin_digest', models.CharField(max_length=140)),
                ('layers', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=140), size=None)),
                ('size', models.PositiveBigIntegerField()),
                ('flagged_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('closed_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('outcome', models.CharField(blank=True, choices=[('dismissed', 'Dismissed'), ('upheld', 'Upheld')], editable=False, max_length=10)),
                ('closing_reason', models.CharField(blank=True, editable=False, max_length=500)),
                ('image', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='resale_flags', to='marketplace.image')),
                ('origin', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='resold_by', to='marketplace.image')),
            ],
            options={
                'ordering': ('-flagged_at',),
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('closed_at__isnull', True)), fields=('image', 'origin'), name='resale_flag_one_open'),
                    models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', True), ('outcome', '')), models.Q(('closed_at__isnull', False), models.Q(('outcome', ''), _negated=True), models.Q(('closing_reason', ''), _negated=True)), _connector='OR'), name='resale_flag_closed_with_a_reason'),
                ],
            },
        ),
    ]
