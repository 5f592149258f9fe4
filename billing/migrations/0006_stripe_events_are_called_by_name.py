
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0005_order_images_keep_the_newest_tags'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='stripeevent',
            options={'ordering': ('-received_at',), 'verbose_name': 'Stripe event'},
        ),
    ]
