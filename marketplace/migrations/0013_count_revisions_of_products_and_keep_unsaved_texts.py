import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_sellers_storage_quota'),
        ('marketplace', '0012_keep_a_preview_with_each_cover'),
    ]

    operations = [
        migrations.AddField(
            model_name='product',
            name='revision',
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False, help_text='How often its page or its images were saved.'),
        ),
        migrations.CreateModel(
            name='UnsavedText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tab', models.UUIDField()),
                ('version', models.PositiveIntegerField(default=1)),
                ('revision', models.PositiveIntegerField(blank=True, null=True)),
                ('typed', models.JSONField(default=dict)),
                ('kept_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('product', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='unsaved_texts', to='marketplace.product')),
                ('seller', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='unsaved_texts', to='accounts.sellerprofile')),
            ],
            options={
                'ordering': ('-kept_at',),
                'constraints': [models.UniqueConstraint(fields=('seller', 'tab'), name='unsaved_text_of_one_tab')],
            },
        ),
    ]
