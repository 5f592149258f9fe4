"""Access to a product that somebody gives to somebody else, by a link."""

from enum import StrEnum
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy, gettext_noop

from accounts.people.models import Account, User
from common.db.models import UUIDModel
from marketplace.entitlements.models import Entitlement
from marketplace.images.models import Image
from marketplace.products.models import Product

LONGEST_MESSAGE = 500


class GiftState(StrEnum):
    """What has become of a gift. The API uses the values."""

    OPEN = gettext_noop("Open")  # its link can be claimed
    PAUSED = gettext_noop("Paused")  # its payment is disputed, or being given back
    EXPIRED = gettext_noop("Expired")  # nobody claimed it in time; its giver can renew it
    CLAIMED = gettext_noop("Claimed")
    REDUCED = gettext_noop("Partly revoked")  # it was claimed, and an image of it was taken back since
    ENDED = gettext_noop("Ended")  # it was for a time, and that is over
    REVOKED = gettext_noop("Revoked")

    @property
    def label(self) -> str:
        """The same in the reader's language, for pages."""
        return gettext(self.value)


class GiftQuerySet(models.QuerySet["Gift"]):
    """Plain filters on gifts."""

    def unclaimed(self) -> "GiftQuerySet":
        """Gifts that nobody has claimed and that were not revoked, in time or not."""
        return self.filter(claimed_at__isnull=True, revoked_at__isnull=True)


class Gift(UUIDModel):
    """A product that a buyer has paid for somebody else, or that its seller gives. Whoever has its link claims it, once.

    What it gives access to is fixed when it is made. Claiming grants entitlements of the gift's source: whatever ends these, a refund for
    example, ends the gift too. Only a keyed hash of the link's secret is stored; a new link ends the one before.

    Attributes:
        title: what is given, as its order says it or its seller chose: the product's title and the edition's name; empty for the whole.
        source_id: the order that paid for it; of a seller's the gift itself.
        giver: the account that paid, or the seller.
        email: where the link was mailed to; empty if the giver passes it on.
        message: from the giver to the recipient.
        reason: why the seller gives it; neither the recipient nor anybody else but staff reads it.
        access_ends_at: until when it gives access; None for good.
        reduced_at: when staff took one of its images back, and left others.
        expires_at: until when its link can be claimed.
        upload_key: which line of an uploaded file it is, so that the same file gives nothing twice; empty for others.
    """

    class Source(models.TextChoices):
        ORDER = Entitlement.Source.ORDER.value, gettext_lazy("Paid for")  # billing.Order
        SELLER = Entitlement.Source.SELLER.value, gettext_lazy("Given by the seller")

    source_kind = models.CharField(max_length=10, choices=Source.choices)
    source_id = models.UUIDField()
    giver = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="gifts_given", db_index=False)  # first in an index
    given_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="gifts")
    title = models.CharField(max_length=80, blank=True, default="", db_default="", editable=False)
    images = models.ManyToManyField(Image, through="GiftImage", related_name="+")
    email = models.EmailField(max_length=254, blank=True)
    message = models.CharField(max_length=LONGEST_MESSAGE, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    access_ends_at = models.DateTimeField(null=True, blank=True)
    secret_hash = models.CharField(max_length=64, unique=True, null=True, editable=False)  # noqa: DJ001  several have no link
    upload_key = models.CharField(max_length=64, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    expiry_told_at = models.DateTimeField(null=True, blank=True, editable=False)
    claimed_at = models.DateTimeField(null=True, blank=True)
    claimed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    holder = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, blank=True, related_name="gifts_received")
    suspended_at = models.DateTimeField(null=True, blank=True)  # while a dispute is open, or it is being given back
    reduced_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revocation_reason = models.CharField(max_length=500, blank=True)

    objects: ClassVar[models.Manager["Gift"]] = GiftQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("source_kind", "source_id"), name="gift_one_of_a_source"),
            models.UniqueConstraint(fields=("giver", "upload_key"), condition=Q(upload_key__gt=""), name="gift_once_for_a_line"),
            models.CheckConstraint(
                condition=Q(claimed_at__isnull=True, claimed_by__isnull=True, holder__isnull=True)
                | Q(claimed_at__isnull=False, claimed_by__isnull=False, holder__isnull=False),
                name="gift_claimed_by_somebody",
            ),
            models.CheckConstraint(condition=Q(revoked_at__isnull=True) | ~Q(revocation_reason=""), name="gift_revocation_has_a_reason"),
            models.CheckConstraint(condition=Q(source_kind="order") | ~Q(reason=""), name="gift_of_a_seller_has_a_reason"),
        )
        indexes = (
            models.Index(fields=("giver", "-created_at", "id"), name="gift_of_giver"),
            models.Index(fields=("email", "-created_at"), condition=Q(email__gt=""), name="gift_to_address"),
            models.Index(
                fields=("expires_at",),
                condition=Q(claimed_at__isnull=True, revoked_at__isnull=True, expiry_told_at__isnull=True),
                name="gift_expiring",
            ),
        )
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.called} from {self.giver}"

    @property
    def called(self) -> str:
        """What is given, in words."""
        return self.title or self.product.title

    @property
    def state(self) -> GiftState:
        now = timezone.now()
        over = self.access_ends_at is not None and self.access_ends_at <= now
        if self.revoked_at is not None:
            return GiftState.REVOKED
        if over:
            return GiftState.ENDED
        if self.suspended_at is not None:
            return GiftState.PAUSED
        if self.claimed_at is not None:
            return GiftState.REDUCED if self.reduced_at else GiftState.CLAIMED
        return GiftState.OPEN if self.expires_at > now else GiftState.EXPIRED

    @property
    def is_unclaimed(self) -> bool:
        """Whether its giver may still renew it, change its address or claim it: it is open or expired, not claimed, revoked or ended."""
        return self.claimed_at is None and self.state in {GiftState.OPEN, GiftState.EXPIRED}

    @property
    def why_closed(self) -> str:
        """A sentence that says why its link cannot be claimed and what to do; empty while it can."""
        if self.claimed_at is not None:
            return gettext("This gift was already claimed. If that was not you, ask whoever gave it to you.")
        return {
            GiftState.OPEN: "",
            GiftState.PAUSED: gettext("Its payment is disputed, or being given back. It can be claimed again if it stays paid."),
            GiftState.EXPIRED: gettext("This gift was not claimed in time. Ask whoever gave it to you for a new link."),
            GiftState.REVOKED: gettext("This gift was taken back: {reason}").format(reason=gettext(self.revocation_reason))
            if self.revocation_reason
            else "",
            GiftState.ENDED: gettext("This gift was for a time, and that is over."),
        }[self.state]


class GiftImage(models.Model):
    """An image that a gift gives access to."""

    gift = models.ForeignKey(Gift, on_delete=models.CASCADE, related_name="gift_images", db_index=False)  # first in the constraint
    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("gift", "image"), name="gift_image_once"),)

    def __str__(self) -> str:
        return str(self.image)
