
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('marketplace', '0016_products_know_their_pulls'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='pullersketch',
            options={'ordering': ('-begins', 'image', 'period'), 'verbose_name_plural': 'puller sketches'},
        ),
    ]
