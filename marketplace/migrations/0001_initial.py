import common.ids
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.operations
import django.contrib.postgres.search
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # Trusted since PostgreSQL 13: the owner of the database may create it.
        django.contrib.postgres.operations.TrigramExtension(),
        migrations.CreateModel(
            name='Category',
            fields=[
                ('slug', models.SlugField(max_length=40, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60)),
                ('position', models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                'verbose_name_plural': 'categories',
                'ordering': ('position', 'name'),
            },
        ),
        migrations.CreateModel(
            name='Manifest',
            fields=[
                ('id', models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('attempts', models.PositiveSmallIntegerField(default=0, editable=False)),
                ('due_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('last_error', models.CharField(blank=True, editable=False, max_length=500)),
                ('given_up_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('digest', models.CharField(max_length=140)),
                ('media_type', models.CharField(max_length=255)),
                ('kind', models.CharField(choices=[('image', 'Image'), ('index', 'Index'), ('artifact', 'Artifact')], max_length=10)),
                ('size', models.PositiveBigIntegerField(default=0)),
                ('platforms', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=80), blank=True, default=list, size=None)),
                ('children', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=140), blank=True, default=list, size=None)),
                ('image_created_at', models.DateTimeField(blank=True, null=True)),
                ('pushed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('described_at', models.DateTimeField(blank=True, null=True)),
                ('removal_asked_at', models.DateTimeField(blank=True, editable=False, null=True)),
            ],
            options={
                'ordering': ('-pushed_at',),
            },
        ),
        migrations.CreateModel(
            name='Image',
            fields=[
                ('id', models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=128)),
                ('repository', models.CharField(editable=False, max_length=200)),
                ('reserved_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('expires_at', models.DateTimeField(help_text='When the reservation ends unless something is pushed.')),
                ('expiry_warned_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('first_pushed_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('first_sold_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('ended_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('end_kind', models.CharField(blank=True, choices=[('expired', 'Expired'), ('released', 'Released')], editable=False, max_length=10)),
                ('end_reason', models.CharField(blank=True, editable=False, max_length=500)),
                ('freed_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('taken_down_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('take_down_reason', models.CharField(blank=True, editable=False, max_length=500)),
                ('featured_tag', models.CharField(blank=True, editable=False, help_text='What its seller wants pages to lead with.', max_length=128)),
                ('pull_count', models.PositiveBigIntegerField(default=0, editable=False)),
                ('owner', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.account')),
                ('reserved_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('repository',),
            },
        ),
        migrations.CreateModel(
            name='LayerList',
            fields=[
                ('manifest', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='layer_list', serialize=False, to='marketplace.manifest')),
                ('rows', models.JSONField(default=list)),
            ],
        ),
        migrations.AddField(
            model_name='manifest',
            name='image',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='manifests', to='marketplace.image'),
        ),
        migrations.CreateModel(
            name='Namespace',
            fields=[
                ('id', models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=40)),
                ('skeleton', models.CharField(blank=True, editable=False, max_length=40, null=True)),
                ('image_quota', models.PositiveIntegerField()),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='namespaces', to='accounts.account')),
            ],
            options={
                'ordering': ('name',),
            },
        ),
        migrations.AddField(
            model_name='image',
            name='namespace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='images', to='marketplace.namespace'),
        ),
        migrations.CreateModel(
            name='Product',
            fields=[
                ('id', models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('slug', models.CharField(help_text='Last part of its address.', max_length=128)),
                ('title', models.CharField(max_length=80)),
                ('summary', models.CharField(blank=True, max_length=200)),
                ('description', models.TextField(blank=True, help_text='Markdown.', max_length=50000, validators=[django.core.validators.MaxLengthValidator(50000)])),
                ('description_html', models.TextField(blank=True, editable=False, help_text='Rendered and sanitised when it was saved.')),
                ('description_renderer', models.PositiveSmallIntegerField(default=0, editable=False, help_text='Which renderer made it; 0: none yet.')),
                ('licence_name', models.CharField(blank=True, max_length=80)),
                ('licence_text', models.TextField(blank=True, max_length=200000, validators=[django.core.validators.MaxLengthValidator(200000)])),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('published', 'Published'), ('withdrawn', 'Withdrawn'), ('suspended', 'Suspended')], default='draft', max_length=10)),
                ('suspension_reason', models.CharField(blank=True, max_length=500)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('published_at', models.DateTimeField(blank=True, null=True)),
                ('pulls', models.PositiveBigIntegerField(default=0, editable=False, help_text='Pulls of its images, by which it ranks; added up every 5 minutes.')),
                ('search_document', django.contrib.postgres.search.SearchVectorField(editable=False, null=True)),
                ('search_words', models.CharField(blank=True, editable=False, help_text='Title and repositories, for near misses.', max_length=2000)),
                ('category', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='products', to='marketplace.category')),
                ('namespace', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='products', to='marketplace.namespace')),
                ('seller', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='products', to='accounts.sellerprofile')),
            ],
            options={
                'ordering': ('-created_at',),
            },
        ),
        migrations.CreateModel(
            name='Price',
            fields=[
                ('id', models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('amount', models.PositiveIntegerField(help_text='Minor units; 0 is free.')),
                ('currency', models.CharField(help_text='ISO 4217, lower case.', max_length=3)),
                ('kind', models.CharField(choices=[('one_off', 'One Off')], default='one_off', max_length=10)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('retired_at', models.DateTimeField(blank=True, null=True)),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='prices', to='marketplace.product')),
            ],
            options={
                'ordering': ('-created_at',),
            },
        ),
        migrations.CreateModel(
            name='Cover',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source_hash', models.CharField(max_length=64)),
                ('card', models.TextField()),
                ('line', models.TextField()),
                ('tall', models.TextField()),
                ('wide', models.TextField()),
                ('mark', models.TextField()),
                ('bands', models.JSONField(default=list)),
                ('drawn_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('image', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='cover', to='marketplace.image')),
                ('product', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='cover', to='marketplace.product')),
            ],
        ),
        migrations.CreateModel(
            name='ProductImage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('image', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='product_images', to='marketplace.image')),
                ('owner', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.sellerprofile')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='product_images', to='marketplace.product')),
            ],
            options={
                'ordering': ('position', 'id'),
            },
        ),
        migrations.AddField(
            model_name='product',
            name='images',
            field=models.ManyToManyField(related_name='products', through='marketplace.ProductImage', to='marketplace.image'),
        ),
        migrations.CreateModel(
            name='ProductPicture',
            fields=[
                ('id', models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('file', models.ImageField(height_field='height', upload_to='products/', width_field='width')),
                ('width', models.PositiveIntegerField(editable=False)),
                ('height', models.PositiveIntegerField(editable=False)),
                ('alt', models.CharField(help_text='What it shows, for people who cannot see it.', max_length=200)),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pictures', to='marketplace.product')),
            ],
            options={
                'ordering': ('position', 'id'),
            },
        ),
        migrations.CreateModel(
            name='PullCount',
            fields=[
                ('id', models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('day', models.DateField()),
                ('tag', models.CharField(blank=True, max_length=128)),
                ('platform', models.CharField(blank=True, max_length=80)),
                ('count', models.PositiveBigIntegerField()),
                ('buyer', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.account')),
                ('image', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='pull_counts', to='marketplace.image')),
            ],
            options={
                'ordering': ('-day', 'image', 'tag'),
            },
        ),
        migrations.CreateModel(
            name='PullerSketch',
            fields=[
                ('id', models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('period', models.CharField(choices=[('day', 'Day'), ('week', 'Week'), ('month', 'Month')], max_length=5)),
                ('begins', models.DateField()),
                ('sketch', models.BinaryField()),
                ('distinct', models.PositiveBigIntegerField()),
                ('updated_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('image', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='puller_sketches', to='marketplace.image')),
            ],
            options={
                'verbose_name_plural': 'puller sketches',
                'ordering': ('-begins', 'image', 'period'),
            },
        ),
        migrations.CreateModel(
            name='Tag',
            fields=[
                ('id', models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=128)),
                ('version', models.CharField(blank=True, db_collation='C', editable=False, max_length=80)),
                ('pushed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('image', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tags', to='marketplace.image')),
                ('manifest', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tags', to='marketplace.manifest')),
            ],
            options={
                'ordering': ('-pushed_at', 'name'),
            },
        ),
        migrations.AddField(
            model_name='image',
            name='leading_tag',
            field=models.OneToOneField(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='led_image', to='marketplace.tag'),
        ),
        migrations.CreateModel(
            name='Entitlement',
            fields=[
                ('id', models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('source_kind', models.CharField(choices=[('order', 'Bought'), ('free', 'Got for free'), ('staff', 'Given by staff')], max_length=10)),
                ('source_id', models.UUIDField()),
                ('granted_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('suspended_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('revocation_reason', models.CharField(blank=True, max_length=500)),
                ('holder', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entitlements', to='accounts.account')),
                ('image', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entitlements', to='marketplace.image')),
            ],
            options={
                'ordering': ('-granted_at',),
                'indexes': [models.Index(condition=models.Q(('revoked_at__isnull', True), ('suspended_at__isnull', True)), fields=['holder', 'image'], name='entitlement_in_force'), models.Index(fields=['source_kind', 'source_id'], name='entitlement_of_source')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('revoked_at__isnull', True)), fields=('holder', 'image', 'source_kind', 'source_id'), name='entitlement_live_unique'), models.CheckConstraint(condition=models.Q(('revoked_at__isnull', True), models.Q(('revocation_reason', ''), _negated=True), _connector='OR'), name='entitlement_revocation_has_a_reason')],
            },
        ),
        migrations.CreateModel(
            name='CredentialImage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('credential', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.accesstoken')),
                ('image', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='marketplace.image')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('credential', 'image'), name='credential_image_unique')],
            },
        ),
    ]
