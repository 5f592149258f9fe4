import common.ids
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='OutgoingMail',
            fields=[
                ('id', models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('attempts', models.PositiveSmallIntegerField(default=0, editable=False)),
                ('due_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('last_error', models.CharField(blank=True, editable=False, max_length=500)),
                ('given_up_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('key', models.CharField(help_text='What it is about; the same key is never sent twice.', max_length=200)),
                ('origin', models.CharField(blank=True, editable=False, help_text='Whose turn it is among those that wait.', max_length=254)),
                ('to', models.EmailField(max_length=254)),
                ('subject', models.CharField(max_length=200)),
                ('body_text', models.TextField(blank=True)),
                ('body_html', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ('-created_at',),
                'indexes': [models.Index(condition=models.Q(('given_up_at__isnull', True), ('sent_at__isnull', True)), fields=['attempts', 'due_at'], name='outgoing_mail_due')],
                'constraints': [models.UniqueConstraint(fields=('key',), name='outgoing_mail_key_unique'), models.CheckConstraint(condition=models.Q(('sent_at__isnull', True), models.Q(('body_html', ''), ('body_text', ''), ('given_up_at__isnull', True)), _connector='OR'), name='outgoing_mail_sent_keeps_no_text')],
            },
        ),
    ]
