from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('outbox', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='outgoingmail',
            name='unsubscribe_url',
            field=models.CharField(blank=True, db_default='', default='', editable=False, help_text='Ends mails of its kind, without signing in.', max_length=500),
        ),
    ]
