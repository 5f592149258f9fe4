import common.ids
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('marketplace', '0007_erase_what_was_sold'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ProductUpdates',
            fields=[
                ('product', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='updates', serialize=False, to='marketplace.product')),
                ('covered_until', models.DateTimeField()),
                ('mailed_at', models.DateTimeField(blank=True, null=True)),
                ('sending_until', models.DateTimeField(blank=True, null=True)),
                ('cursor', models.UUIDField(blank=True, null=True)),
            ],
            options={
                'verbose_name_plural': 'product updates',
            },
        ),
        migrations.AddField(
            model_name='tag',
            name='moved_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='tag',
            name='moved_from',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=140),
        ),
        migrations.CreateModel(
            name='TagMove',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tag', models.CharField(max_length=128)),
                ('old_digest', models.CharField(blank=True, max_length=140)),
                ('new_digest', models.CharField(max_length=140)),
                ('at', models.DateTimeField()),
                ('image', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='tag_moves', to='marketplace.image')),
            ],
            options={
                'ordering': ('-at', '-pk'),
                'indexes': [models.Index(fields=['image', 'at'], name='tag_move_of_image')],
            },
        ),
        migrations.CreateModel(
            name='UpdateSubscription',
            fields=[
                ('id', models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('product', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='update_subscriptions', to='marketplace.product')),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='update_subscriptions', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['product', 'id'], name='update_subscription_turn')],
                'constraints': [models.UniqueConstraint(fields=('user', 'product'), name='update_subscription_once')],
            },
        ),
    ]
