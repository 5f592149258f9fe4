import common.ids
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0011_fee_terms_of_sellers'),
        ('marketplace', '0023_roles_see_reports_flags_reviews_and_words'),
    ]

    operations = [
        migrations.CreateModel(
            name='BuyerPull',
            fields=[
                ('id', models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('day', models.DateField(db_index=True)),
                ('digest', models.CharField(max_length=200)),
                ('address', models.GenericIPAddressField(blank=True, null=True)),
                ('client', models.CharField(blank=True, max_length=200)),
                ('first_at', models.DateTimeField()),
                ('last_at', models.DateTimeField()),
                ('count', models.PositiveBigIntegerField()),
                ('buyer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.account')),
                ('image', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='marketplace.image')),
            ],
            options={
                'ordering': ('first_at', 'id'),
                'constraints': [models.UniqueConstraint(fields=('buyer', 'image', 'day', 'digest', 'address', 'client'), name='buyer_pull_unique', nulls_distinct=False)],
            },
        ),
    ]
