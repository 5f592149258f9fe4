from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0019_staff_see_subscriptions'),
    ]

    operations = [
        migrations.AddField(
            model_name='refund',
            name='key_since',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
    ]
