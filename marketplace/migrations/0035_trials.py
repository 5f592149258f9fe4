"""Products that can be tried before they are bought: for how long, who has, and what has had its trial. No table that exists is read through."""

import common.ids
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0013_currency_of_users'),
        ('marketplace', '0034_finance_sees_outlooks_of_counts'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='product',
            name='trial_days',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, validators=[django.core.validators.MaxValueValidator(90)]),
        ),
        migrations.AlterField(
            model_name='entitlement',
            name='source_kind',
            field=models.CharField(choices=[('order', 'Bought'), ('free', 'Got for free'), ('subscribed', 'Subscribed'), ('staff', 'Given by staff'), ('seller', 'Given by the seller'), ('trial', 'Trial begun')], max_length=10),
        ),
        migrations.CreateModel(
            name='Trial',
            fields=[
                ('id', models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('days', models.PositiveSmallIntegerField()),
                ('started_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('ends_at', models.DateTimeField()),
                ('reminded_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('end_reason', models.CharField(blank=True, max_length=500)),
                ('bought_at', models.DateTimeField(blank=True, null=True)),
                ('bought_by', models.UUIDField(blank=True, null=True)),
                ('holder', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='trials', to='accounts.account')),
                ('product', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='trials', to='marketplace.product')),
                ('started_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('-started_at',),
            },
        ),
        migrations.CreateModel(
            name='TrialKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('address', 'Address'), ('card', 'Card')], max_length=8)),
                ('key_hash', models.CharField(editable=False, max_length=64)),
                ('noted_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('product', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplace.product')),
                ('trial', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='keys', to='marketplace.trial')),
            ],
        ),
        migrations.CreateModel(
            name='KnownCard',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('card_hash', models.CharField(editable=False, max_length=64)),
                ('seen_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.account')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('account', 'card_hash'), name='known_card_once')],
            },
        ),
        migrations.AddIndex(
            model_name='trial',
            index=models.Index(condition=models.Q(('ended_at__isnull', True)), fields=['ends_at'], name='trial_ending'),
        ),
        migrations.AddIndex(
            model_name='trial',
            index=models.Index(condition=models.Q(('bought_by__isnull', False)), fields=['bought_by'], name='trial_bought_by'),
        ),
        migrations.AddIndex(
            model_name='trial',
            index=models.Index(fields=['product', '-started_at'], name='trial_of_product'),
        ),
        migrations.AddConstraint(
            model_name='trial',
            constraint=models.UniqueConstraint(fields=('product', 'holder'), name='trial_once_for_holder'),
        ),
        migrations.AddConstraint(
            model_name='trial',
            constraint=models.UniqueConstraint(fields=('product', 'started_by'), name='trial_once_for_person'),
        ),
        migrations.AddConstraint(
            model_name='trial',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('started_at'))), name='trial_ends_after_its_start'),
        ),
        migrations.AddConstraint(
            model_name='trial',
            constraint=models.CheckConstraint(condition=models.Q(('ended_at__isnull', True), models.Q(('end_reason', ''), _negated=True), _connector='OR'), name='trial_end_has_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='trial',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('bought_at__isnull', True), ('bought_by__isnull', True)), models.Q(('bought_at__isnull', False), ('bought_by__isnull', False)), _connector='OR'), name='trial_bought_by_something'),
        ),
        migrations.AddConstraint(
            model_name='trialkey',
            constraint=models.UniqueConstraint(fields=('product', 'key_hash'), name='trial_key_once_for_product'),
        ),
    ]
