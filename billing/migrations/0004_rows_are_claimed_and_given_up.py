import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('billing', '0003_disputes_have_rows')]

    operations = [
        migrations.RemoveIndex(model_name='order', name='order_waiting'),
        migrations.RemoveIndex(model_name='refund', name='refund_waiting'),
        migrations.RemoveIndex(model_name='stripeevent', name='stripe_event_waiting'),
        migrations.RenameField(model_name='order', old_name='settle_after', new_name='due_at'),
        migrations.RenameField(model_name='refund', old_name='retry_at', new_name='due_at'),
        migrations.RenameField(model_name='stripeevent', old_name='retry_at', new_name='due_at'),
        migrations.AddField(
            model_name='order',
            name='attempts',
            field=models.PositiveSmallIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name='order',
            name='given_up_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='order',
            name='last_error',
            field=models.CharField(blank=True, editable=False, max_length=500),
        ),
        migrations.AddField(
            model_name='refund',
            name='given_up_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='refund',
            name='last_error',
            field=models.CharField(blank=True, editable=False, max_length=500),
        ),
        migrations.AddField(
            model_name='stripeevent',
            name='given_up_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AlterField(
            model_name='order',
            name='due_at',
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False),
        ),
        migrations.AlterField(
            model_name='refund',
            name='attempts',
            field=models.PositiveSmallIntegerField(default=0, editable=False),
        ),
        migrations.AlterField(
            model_name='refund',
            name='due_at',
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False),
        ),
        migrations.AlterField(
            model_name='stripeevent',
            name='attempts',
            field=models.PositiveSmallIntegerField(default=0, editable=False),
        ),
        migrations.AlterField(
            model_name='stripeevent',
            name='due_at',
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False),
        ),
        migrations.AlterField(
            model_name='stripeevent',
            name='last_error',
            field=models.CharField(blank=True, editable=False, max_length=500),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(condition=models.Q(('given_up_at__isnull', True), ('state', 'pending')), fields=['due_at'], name='order_waiting'),
        ),
        migrations.AddIndex(
            model_name='refund',
            index=models.Index(condition=models.Q(('given_up_at__isnull', True), ('state', 'waiting')), fields=['due_at'], name='refund_waiting'),
        ),
        migrations.AddIndex(
            model_name='stripeevent',
            index=models.Index(condition=models.Q(('given_up_at__isnull', True), ('handled_at__isnull', True)), fields=['due_at'], name='stripe_event_waiting'),
        ),
    ]
