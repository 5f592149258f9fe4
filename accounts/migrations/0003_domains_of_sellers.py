import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_sellers_storage_quota'),
    ]

    operations = [
        migrations.CreateModel(
            name='ShopDomain',
            fields=[
                ('attempts', models.PositiveSmallIntegerField(default=0, editable=False)),
                ('due_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('last_error', models.CharField(blank=True, editable=False, max_length=500)),
                ('given_up_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('seller', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='domain', serialize=False, to='accounts.sellerprofile')),
                ('domain', models.CharField(max_length=253)),
                ('token', models.CharField(max_length=32)),
                ('asked_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('seen_at', models.DateTimeField(blank=True, null=True)),
                ('seen_by', models.CharField(blank=True, choices=[('dns', 'DNS record'), ('file', 'file on its website')], max_length=4)),
                ('checked_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'verbose_name': 'domain of a seller',
                'verbose_name_plural': 'domains of sellers',
                'indexes': [models.Index(fields=['due_at'], name='domain_due')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('seen_at__isnull', True), ('seen_by', '')), models.Q(('seen_at__isnull', False), ('seen_by__in', ['dns', 'file'])), _connector='OR'), name='domain_seen_somewhere')],
            },
        ),
    ]
