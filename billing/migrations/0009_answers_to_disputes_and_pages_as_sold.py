import common.ids
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0008_index_unbooked_sales_and_say_whose_refunds_are'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SoldPage',
            fields=[
                ('id', models.CharField(help_text='SHA-256 of what follows.', max_length=64, primary_key=True, serialize=False)),
                ('summary', models.CharField(blank=True, max_length=200)),
                ('description', models.TextField(blank=True, help_text='Markdown.')),
                ('licence_name', models.CharField(blank=True, max_length=80)),
                ('licence_text', models.TextField(blank=True)),
            ],
        ),
        migrations.AddField(
            model_name='dispute',
            name='seller_statement',
            field=models.TextField(blank=True, db_default='', default='', help_text='What the seller says; sent with the evidence.', max_length=5000),
        ),
        migrations.AddField(
            model_name='order',
            name='sold_page',
            field=models.ForeignKey(blank=True, db_index=False, help_text='What its page said; orders of before have none.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='billing.soldpage'),
        ),
        migrations.CreateModel(
            name='DisputeEvidence',
            fields=[
                ('id', models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('attempts', models.PositiveSmallIntegerField(default=0, editable=False)),
                ('due_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('last_error', models.CharField(blank=True, editable=False, max_length=500)),
                ('given_up_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('stage', models.CharField(help_text='The status of the dispute that it answers.', max_length=50)),
                ('fields', models.JSONField(help_text='As Stripe takes them.')),
                ('state', models.CharField(choices=[('waiting', 'Waiting for Stripe'), ('submitted', 'Submitted'), ('refused', 'Refused by Stripe')], default='waiting', max_length=10)),
                ('failure', models.CharField(blank=True, max_length=500)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
                ('dispute', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='evidence', to='billing.dispute')),
                ('requested_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'dispute evidence',
                'ordering': ('-created_at',),
                'indexes': [models.Index(condition=models.Q(('given_up_at__isnull', True), ('state', 'waiting')), fields=['due_at'], name='dispute_evidence_due')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'refused'), _negated=True), fields=('dispute', 'stage'), name='dispute_evidence_once_a_stage')],
            },
        ),
        migrations.CreateModel(
            name='TransferReversal',
            fields=[
                ('id', models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('attempts', models.PositiveSmallIntegerField(default=0, editable=False)),
                ('due_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('last_error', models.CharField(blank=True, editable=False, max_length=500)),
                ('given_up_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('transfer_id', models.CharField(help_text="Stripe's, tr_…", max_length=255)),
                ('amount', models.PositiveIntegerField(help_text='Minor units of the transfer.')),
                ('fee_amount', models.PositiveIntegerField(help_text="Our fee's part of it, which the seller gets back; minor units.")),
                ('currency', models.CharField(max_length=3)),
                ('state', models.CharField(choices=[('waiting', 'Waiting for Stripe'), ('succeeded', 'Taken back'), ('closed', 'Closed by staff')], default='waiting', max_length=10)),
                ('stripe_reversal_id', models.CharField(blank=True, max_length=255, null=True, unique=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
                ('dispute', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='reversal', to='billing.dispute')),
            ],
            options={
                'ordering': ('-created_at',),
                'indexes': [models.Index(condition=models.Q(('given_up_at__isnull', True), ('state', 'waiting')), fields=['due_at'], name='transfer_reversal_due')],
                'constraints': [models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='transfer_reversal_amount_positive'), models.CheckConstraint(condition=models.Q(('fee_amount__lte', models.F('amount'))), name='transfer_reversal_fee_within_amount'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'succeeded'), _negated=True), ('stripe_reversal_id__isnull', False), _connector='OR'), name='transfer_reversal_done_has_an_id')],
            },
        ),
    ]
