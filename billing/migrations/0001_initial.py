import common.ids
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        ('marketplace', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Order',
            fields=[
                ('id', models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('attempts', models.PositiveSmallIntegerField(default=0, editable=False)),
                ('due_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('last_error', models.CharField(blank=True, editable=False, max_length=500)),
                ('given_up_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('product_title', models.CharField(max_length=80)),
                ('email', models.EmailField(help_text='Where the receipt goes.', max_length=254)),
                ('state', models.CharField(choices=[('pending', 'Pending'), ('paid', 'Paid'), ('partially_refunded', 'Partially Refunded'), ('refunded', 'Refunded'), ('disputed', 'Disputed'), ('charged_back', 'Charged Back'), ('expired', 'Expired'), ('failed', 'Failed')], default='pending', max_length=20)),
                ('amount', models.PositiveIntegerField(help_text='Minor units.')),
                ('currency', models.CharField(max_length=3)),
                ('application_fee', models.PositiveIntegerField(help_text='Our part of the amount, minor units.')),
                ('refunded_amount', models.PositiveIntegerField(default=0, help_text='What Stripe gave back, minor units.')),
                ('refund_requested_amount', models.PositiveIntegerField(default=0, help_text='Refunds requested and made together, minor units.')),
                ('destination_account_id', models.CharField(help_text="The seller's account at Stripe when it was sold.", max_length=255)),
                ('checkout_session_id', models.CharField(blank=True, max_length=255, null=True, unique=True)),
                ('checkout_url', models.TextField(blank=True)),
                ('checkout_expires_at', models.DateTimeField()),
                ('payment_intent_id', models.CharField(blank=True, max_length=255, null=True, unique=True)),
                ('paid_with', models.CharField(blank=True, help_text='As the receipt says it: card ending 4242.', max_length=80)),
                ('revision', models.PositiveIntegerField(default=0, editable=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('paid_at', models.DateTimeField(blank=True, null=True)),
                ('closed_at', models.DateTimeField(blank=True, help_text='When it expired, failed or was wholly refunded.', null=True)),
                ('flagged_at', models.DateTimeField(blank=True, null=True)),
                ('flag', models.CharField(blank=True, help_text='What staff should check.', max_length=500)),
                ('buyer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='accounts.account')),
                ('placed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('price', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='marketplace.price')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='marketplace.product')),
                ('seller', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='accounts.sellerprofile')),
            ],
            options={
                'ordering': ('-created_at',),
            },
        ),
        migrations.CreateModel(
            name='Dispute',
            fields=[
                ('id', models.CharField(max_length=255, primary_key=True, serialize=False)),
                ('status', models.CharField(help_text="Stripe's word.", max_length=50)),
                ('reason', models.CharField(help_text="Stripe's word for what the buyer says.", max_length=100)),
                ('amount', models.PositiveIntegerField(help_text='Minor units.')),
                ('currency', models.CharField(max_length=3)),
                ('opened_at', models.DateTimeField()),
                ('respond_by', models.DateTimeField(blank=True, help_text='Until when Stripe takes evidence; none where it takes no answer.', null=True)),
                ('reminded_at', models.DateTimeField(blank=True, null=True)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='disputes', to='billing.order')),
            ],
            options={
                'ordering': ('-opened_at',),
            },
        ),
        migrations.CreateModel(
            name='OrderImage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('repository', models.CharField(max_length=200)),
                ('featured_tag', models.CharField(blank=True, help_text='The version that its page led with.', max_length=128)),
                ('tag_count', models.PositiveIntegerField(default=0, help_text='How many tags it had.')),
                ('digests', models.JSONField(default=dict, help_text='Tag → digest at the sale: the version it led with, and the newest.')),
                ('image', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='marketplace.image')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='images', to='billing.order')),
            ],
            options={
                'ordering': ('id',),
            },
        ),
        migrations.CreateModel(
            name='Refund',
            fields=[
                ('id', models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('attempts', models.PositiveSmallIntegerField(default=0, editable=False)),
                ('due_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('last_error', models.CharField(blank=True, editable=False, max_length=500)),
                ('given_up_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('payment_intent_id', models.CharField(help_text='Which payment; a second payment of an order has its own.', max_length=255)),
                ('amount', models.PositiveIntegerField(help_text='Minor units.')),
                ('reason', models.CharField(max_length=500)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('succeeded', 'Succeeded'), ('failed', 'Failed')], default='waiting', max_length=10)),
                ('stripe_refund_id', models.CharField(blank=True, max_length=255, null=True, unique=True)),
                ('failure', models.CharField(blank=True, max_length=500)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='refunds', to='billing.order')),
                ('requested_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('-created_at',),
            },
        ),
        migrations.CreateModel(
            name='StripeEvent',
            fields=[
                ('attempts', models.PositiveSmallIntegerField(default=0, editable=False)),
                ('due_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('last_error', models.CharField(blank=True, editable=False, max_length=500)),
                ('given_up_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('id', models.CharField(max_length=255, primary_key=True, serialize=False)),
                ('type', models.CharField(max_length=100)),
                ('object_id', models.CharField(help_text='What it is about: its current state is fetched, never taken from here.', max_length=255)),
                ('account_id', models.CharField(blank=True, max_length=255)),
                ('livemode', models.BooleanField()),
                ('received_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('handled_at', models.DateTimeField(blank=True, null=True)),
                ('outcome', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'verbose_name': 'Stripe event',
                'ordering': ('-received_at',),
                'indexes': [models.Index(condition=models.Q(('given_up_at__isnull', True), ('handled_at__isnull', True)), fields=['due_at'], name='stripe_event_due')],
            },
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(fields=['buyer', '-created_at'], name='order_of_buyer'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(fields=['seller', '-created_at'], name='order_of_seller'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(condition=models.Q(('given_up_at__isnull', True), ('state', 'pending')), fields=['due_at'], name='order_due'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'pending')), fields=('buyer', 'product'), name='order_one_pending'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('refunded_amount__lte', models.F('amount'))), name='order_refunds_within_amount'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('refund_requested_amount__lte', models.F('amount'))), name='order_refund_requested_within_amount'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('application_fee__lte', models.F('amount'))), name='order_fee_within_amount'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ('pending', 'expired', 'failed')), ('paid_at__isnull', False), _connector='OR'), name='order_paid_has_a_date'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='order_amount_positive'),
        ),
        migrations.AddIndex(
            model_name='dispute',
            index=models.Index(fields=['respond_by'], name='dispute_respond_by'),
        ),
        migrations.AddConstraint(
            model_name='orderimage',
            constraint=models.UniqueConstraint(fields=('order', 'image'), name='order_image_unique'),
        ),
        migrations.AddIndex(
            model_name='refund',
            index=models.Index(condition=models.Q(('given_up_at__isnull', True), ('state', 'waiting')), fields=['due_at'], name='refund_due'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='refund_amount_positive'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='refund_has_a_reason'),
        ),
    ]
