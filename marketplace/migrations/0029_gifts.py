"""Access that buyers pay for somebody else, and that sellers give."""

import common.ids
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.models import CASCADE, PROTECT, Q


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0011_fee_terms_of_sellers'),
        ('marketplace', '0028_entitlements_may_end'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Gift",
            fields=[
                ("id", models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("source_kind", models.CharField(choices=[("order", "Paid for"), ("seller", "Given by the seller")], max_length=10)),
                ("source_id", models.UUIDField()),
                ("email", models.EmailField(blank=True, max_length=254)),
                ("message", models.CharField(blank=True, max_length=500)),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("access_ends_at", models.DateTimeField(blank=True, null=True)),
                ("secret_hash", models.CharField(editable=False, max_length=64, null=True, unique=True)),
                ("upload_key", models.CharField(blank=True, editable=False, max_length=64)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("expires_at", models.DateTimeField()),
                ("expiry_told_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("claimed_at", models.DateTimeField(blank=True, null=True)),
                ("suspended_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                ("revocation_reason", models.CharField(blank=True, max_length=500)),
                ("claimed_by", models.ForeignKey(blank=True, null=True, on_delete=PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("given_by", models.ForeignKey(on_delete=PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("giver", models.ForeignKey(db_index=False, on_delete=PROTECT, related_name="gifts_given", to="accounts.account")),
                ("holder", models.ForeignKey(blank=True, null=True, on_delete=PROTECT, related_name="gifts_received", to="accounts.account")),
                ("product", models.ForeignKey(on_delete=PROTECT, related_name="gifts", to="marketplace.product")),
            ],
            options={
                "ordering": ("-created_at",),
                "indexes": [
                    models.Index(fields=("giver", "-created_at", "id"), name="gift_of_giver"),
                    models.Index(fields=("email", "-created_at"), condition=Q(email__gt=""), name="gift_to_address"),
                    models.Index(
                        fields=("expires_at",),
                        condition=Q(claimed_at__isnull=True, revoked_at__isnull=True, expiry_told_at__isnull=True),
                        name="gift_expiring",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("source_kind", "source_id"), name="gift_one_of_a_source"),
                    models.UniqueConstraint(fields=("giver", "upload_key"), condition=Q(upload_key__gt=""), name="gift_once_for_a_line"),
                    models.CheckConstraint(
                        condition=Q(claimed_at__isnull=True, claimed_by__isnull=True, holder__isnull=True)
                        | Q(claimed_at__isnull=False, claimed_by__isnull=False, holder__isnull=False),
                        name="gift_claimed_by_somebody",
                    ),
                    models.CheckConstraint(
                        condition=Q(revoked_at__isnull=True) | ~Q(revocation_reason=""), name="gift_revocation_has_a_reason"
                    ),
                    models.CheckConstraint(condition=Q(source_kind="order") | ~Q(reason=""), name="gift_of_a_seller_has_a_reason"),
                ],
            },
        ),
        migrations.CreateModel(
            name="GiftImage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("gift", models.ForeignKey(db_index=False, on_delete=CASCADE, related_name="gift_images", to="marketplace.gift")),
                ("image", models.ForeignKey(on_delete=PROTECT, related_name="+", to="marketplace.image")),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("gift", "image"), name="gift_image_once")]},
        ),
        migrations.AddField(
            "gift", "images", models.ManyToManyField(related_name="+", through="marketplace.GiftImage", to="marketplace.image")
        ),
    ]
