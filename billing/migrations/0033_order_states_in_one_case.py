"""Names of states alone: the table stays as it is."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0032_offers_of_editions'),
    ]

    operations = [
        migrations.AlterField(
            model_name='order',
            name='state',
            field=models.CharField(choices=[('pending', 'Pending'), ('paid', 'Paid'), ('partially_refunded', 'Partially refunded'), ('refunded', 'Refunded'), ('disputed', 'Disputed'), ('charged_back', 'Charged back'), ('expired', 'Expired'), ('failed', 'Failed')], default='pending', max_length=20),
        ),
    ]
