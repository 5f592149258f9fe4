import common.ids
import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='Account',
            fields=[
                ('id', models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('person', 'Person'), ('organisation', 'Organisation')], max_length=20)),
                ('name', models.CharField(max_length=80)),
                ('handle', models.CharField(help_text="A person's user name, or an organisation's short name.", max_length=39, unique=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
        ),
        migrations.CreateModel(
            name='FormerStripeAccount',
            fields=[
                ('stripe_account_id', models.CharField(max_length=255, primary_key=True, serialize=False)),
                ('ended_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('reason', models.CharField(max_length=500)),
                ('may_return', models.BooleanField(default=True, help_text='Whether it is taken back if Stripe knows it under our key again.')),
            ],
            options={
                'verbose_name': 'former Stripe account',
                'ordering': ('-ended_at',),
            },
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('id', models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('username', models.CharField(error_messages={'unique': 'This user name is taken. Choose another one.'}, max_length=39, unique=True, validators=[django.core.validators.RegexValidator('^[a-z0-9]+(?:[._-][a-z0-9]+)*\\Z', 'Use lower-case letters and digits, with single . _ or - between them.')])),
                ('email', models.EmailField(error_messages={'unique': 'This address has an account. Sign in, or reset the password.'}, max_length=254)),
                ('is_staff', models.BooleanField(default=False, help_text='May sign in to the admin.')),
                ('is_active', models.BooleanField(default=True, help_text='Switch off instead of deleting: their tokens end with the next request.')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('deleted_at', models.DateTimeField(blank=True, editable=False, help_text="The person was forgotten; the row stays because others refer to it.", null=True)),
                ('credential_generation', models.PositiveIntegerField(default=0, editable=False)),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
        ),
        migrations.CreateModel(
            name='SellerProfile',
            fields=[
                ('account', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='seller', serialize=False, to='accounts.account')),
                ('display_name', models.CharField(max_length=80)),
                ('namespace_quota', models.PositiveSmallIntegerField(help_text='How many namespaces this seller may hold.')),
                ('stripe_account_id', models.CharField(blank=True, max_length=255, null=True, unique=True)),
                ('charges_enabled', models.BooleanField(default=False, help_text='Stripe accepts payments for this seller.')),
                ('payouts_enabled', models.BooleanField(default=False, help_text='Stripe pays out to this seller.')),
                ('details_submitted', models.BooleanField(default=False)),
                ('stripe_country', models.CharField(blank=True, help_text='Country of the Stripe account: two letters.', max_length=2)),
                ('stripe_problem', models.CharField(blank=True, help_text='Why Stripe refuses their sales; empty when it does not.', max_length=500)),
                ('suspended_at', models.DateTimeField(blank=True, null=True)),
                ('suspension_reason', models.CharField(blank=True, max_length=500)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
        ),
        migrations.AddField(
            model_name='account',
            name='user',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='account', to=settings.AUTH_USER_MODEL),
        ),
        migrations.CreateModel(
            name='AccessToken',
            fields=[
                ('id', models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(help_text='Where it is used, e.g. build server.', max_length=80)),
                ('secret_hash', models.CharField(editable=False, max_length=64)),
                ('hint', models.CharField(editable=False, max_length=8)),
                ('scopes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('registry:pull', 'Pull images'), ('registry:push', 'Push images'), ('api', 'Use the API')], max_length=20), size=None)),
                ('limited_to', models.TextField(blank=True, db_default='', default='', editable=False, help_text='Names of the only images it is for.')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('last_used_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('reminded_days', models.PositiveSmallIntegerField(blank=True, editable=False, null=True)),
                ('superseded_at', models.DateTimeField(blank=True, editable=False, help_text="A robot's newer secret is out since; this one ends.", null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='access_tokens', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='robots', to='accounts.account')),
            ],
            options={
                'ordering': ('-created_at',),
            },
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('email', models.EmailField(help_text='In lower case, as e-mail addresses of users are kept.', max_length=254)),
                ('role', models.CharField(choices=[('owner', 'Owner'), ('member', 'Member'), ('billing', 'Billing')], max_length=10)),
                ('secret_hash', models.CharField(editable=False, max_length=64, unique=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('expires_at', models.DateTimeField()),
                ('accepted_at', models.DateTimeField(blank=True, null=True)),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
                ('accepted_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invitations', to='accounts.account')),
                ('invited_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('-created_at',),
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('role', models.CharField(choices=[('owner', 'Owner'), ('member', 'Member'), ('billing', 'Billing')], max_length=10)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='accounts.account')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('created_at',),
            },
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.UniqueConstraint(django.db.models.functions.text.Lower('email'), name='user_email_unique'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(('username__regex', '^[a-z0-9]+(?:[._-][a-z0-9]+)*$')), name='user_username_is_oci_safe'),
        ),
        migrations.AddConstraint(
            model_name='sellerprofile',
            constraint=models.CheckConstraint(condition=models.Q(('suspended_at__isnull', True), models.Q(('suspension_reason', ''), _negated=True), _connector='OR'), name='seller_suspension_has_a_reason'),
        ),
        migrations.AddField(
            model_name='formerstripeaccount',
            name='seller',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='former_stripe_accounts', to='accounts.sellerprofile'),
        ),
        migrations.AddConstraint(
            model_name='account',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'person'), ('user__isnull', False)), models.Q(('kind', 'organisation'), ('user__isnull', True)), _connector='OR'), name='account_person_has_a_user'),
        ),
        migrations.AddConstraint(
            model_name='account',
            constraint=models.CheckConstraint(condition=models.Q(('handle__regex', '^[a-z0-9]+(?:[._-][a-z0-9]+)*$')), name='account_handle_is_oci_safe'),
        ),
        migrations.AddIndex(
            model_name='accesstoken',
            index=models.Index(fields=['user', '-created_at'], name='access_token_of_user'),
        ),
        migrations.AddIndex(
            model_name='accesstoken',
            index=models.Index(condition=models.Q(('revoked_at__isnull', True)), fields=['expires_at'], name='access_token_ending'),
        ),
        migrations.AddConstraint(
            model_name='accesstoken',
            constraint=models.UniqueConstraint(fields=('secret_hash',), name='access_token_secret_unique'),
        ),
        migrations.AddConstraint(
            model_name='accesstoken',
            constraint=models.CheckConstraint(condition=models.Q(('scopes__len__gt', 0)), name='access_token_has_a_scope'),
        ),
        migrations.AddConstraint(
            model_name='accesstoken',
            constraint=models.CheckConstraint(condition=models.Q(('scopes__contained_by', ['registry:pull', 'registry:push', 'api'])), name='access_token_scopes_known'),
        ),
        migrations.AddConstraint(
            model_name='accesstoken',
            constraint=models.CheckConstraint(condition=models.Q(('limited_to', ''), ('scopes__contained_by', ['registry:pull', 'registry:push']), _connector='OR'), name='access_token_limited_uses_no_api'),
        ),
        migrations.AddConstraint(
            model_name='accesstoken',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('organisation__isnull', True), ('user__isnull', False)), models.Q(('name__regex', '^[a-z0-9]+(?:[._-][a-z0-9]+)*$'), ('organisation__isnull', False), ('scopes', ['registry:pull']), ('user__isnull', True)), _connector='OR'), name='access_token_of_user_or_robot'),
        ),
        migrations.AddConstraint(
            model_name='accesstoken',
            constraint=models.UniqueConstraint(condition=models.Q(('revoked_at__isnull', True), ('superseded_at__isnull', True)), fields=('organisation', 'name'), name='access_token_robot_name_unique'),
        ),
        migrations.AddConstraint(
            model_name='accesstoken',
            constraint=models.CheckConstraint(condition=models.Q(('superseded_at__isnull', True), models.Q(('expires_at__isnull', False), ('organisation__isnull', False)), _connector='OR'), name='access_token_superseded_robot_ends'),
        ),
        migrations.AddIndex(
            model_name='invitation',
            index=models.Index(fields=['email', '-created_at'], name='invitation_of_address'),
        ),
        migrations.AddConstraint(
            model_name='invitation',
            constraint=models.UniqueConstraint(models.F('account'), django.db.models.functions.text.Lower('email'), condition=models.Q(('accepted_at__isnull', True), ('withdrawn_at__isnull', True)), name='invitation_one_open'),
        ),
        migrations.AddConstraint(
            model_name='invitation',
            constraint=models.CheckConstraint(condition=models.Q(('role__in', ['owner', 'member', 'billing'])), name='invitation_role_known'),
        ),
        migrations.AddConstraint(
            model_name='invitation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('accepted_at__isnull', True), ('accepted_by__isnull', True)), models.Q(('accepted_at__isnull', False), ('accepted_by__isnull', False), ('withdrawn_at__isnull', True)), _connector='OR'), name='invitation_accepted_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(fields=('user', 'account'), name='membership_once'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('role__in', ['owner', 'member', 'billing'])), name='membership_role_known'),
        ),
    ]
