import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0008_mail_is_tried_as_other_rows_are'),
    ]

    operations = [
        migrations.AddField(
            model_name='sellerprofile',
            name='stripe_country',
            field=models.CharField(blank=True, help_text='Where the account is, as Stripe says it: two letters.', max_length=2),
        ),
        migrations.AddField(
            model_name='sellerprofile',
            name='stripe_problem',
            field=models.CharField(blank=True, help_text='Why Stripe last refused a sale of theirs, until it sees them again.', max_length=500),
        ),
        migrations.CreateModel(
            name='FormerStripeAccount',
            fields=[
                ('stripe_account_id', models.CharField(max_length=255, primary_key=True, serialize=False)),
                ('ended_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('reason', models.CharField(max_length=500)),
                ('may_return', models.BooleanField(default=True, help_text='Whether it is taken back if Stripe knows it under our key again.')),
                ('seller', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='former_stripe_accounts', to='accounts.sellerprofile')),
            ],
            options={
                'verbose_name': 'former Stripe account',
                'ordering': ('-ended_at',),
            },
        ),
    ]
