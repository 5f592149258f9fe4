"""Namespaces, reserved image names, and what was pushed to them."""

from typing import ClassVar, Final, NamedTuple

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from accounts.people.models import Account
from common.db.claims import Attempt
from common.db.models import UUIDModel
from common.web.links import image_reference
from marketplace.images.oci import COMPONENT, LONGEST_DIGEST, LONGEST_TAG
from marketplace.images.versions import KEY_LENGTH


class Namespace(UUIDModel):
    """The first part of image names.

    `skeleton` is the name reduced to what the eye sees. It is unique, so that nobody can take a look-alike. Staff may clear it.
    """

    owner = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="namespaces")
    name = models.CharField(max_length=40)
    skeleton = models.CharField(max_length=40, null=True, blank=True, editable=False)  # noqa: DJ001  unique: cleared must be NULL
    image_quota = models.PositiveIntegerField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("name",), name="namespace_name_unique"),
            models.UniqueConstraint(fields=("skeleton",), name="namespace_skeleton_unique"),
            models.UniqueConstraint(fields=("id", "owner"), name="namespace_id_owner_unique"),  # target of composite foreign keys
            models.CheckConstraint(condition=Q(name__regex=rf"^{COMPONENT}$"), name="namespace_name_grammar"),
        )
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class ImageQuerySet(models.QuerySet["Image"]):
    """Plain filters on images."""

    def live(self) -> "ImageQuerySet":
        """Images whose owner may push: reserved and not ended."""
        return self.filter(ended_at__isnull=True)

    def usable(self) -> "ImageQuerySet":
        """Images that products can be sold with: neither ended nor taken down."""
        return self.filter(ended_at__isnull=True, taken_down_at__isnull=True)

    def unusable(self) -> "ImageQuerySet":
        """Images that were released, have expired or are taken down."""
        return self.filter(Q(ended_at__isnull=False) | Q(taken_down_at__isnull=False))

    def unsellable(self) -> "ImageQuerySet":
        """Unusable images, and those of which there is nothing to pull, as no tag leads: no product that contains one is offered."""
        return self.unusable() | self.filter(leading_tag__isnull=True)

    def emptied(self) -> "ImageQuerySet":
        """Images whose content leaves the registry: taken down, and never sold unless staff have asked for that as well."""
        return self.filter(Q(first_sold_at__isnull=True) | Q(erasure_asked_at__isnull=False), taken_down_at__isnull=False)

    def counting(self) -> "ImageQuerySet":
        """Images that count against the quota: live ones, and expired ones that a push in progress may still revive."""
        return self.filter(Q(ended_at__isnull=True) | Q(end_kind=Image.End.EXPIRED, freed_at__isnull=True, first_pushed_at__isnull=True))

    def unused(self) -> "ImageQuerySet":
        """Images that were never pushed to and never sold. Only their names can become free again."""
        return self.filter(first_pushed_at__isnull=True, first_sold_at__isnull=True)

    def occupying(self) -> "ImageQuerySet":
        """Images whose name nobody else can take: live ones, ended ones that are not freed yet, and tombstones."""
        return self.filter(freed_at__isnull=True)


class Image(UUIDModel):
    """A reserved name `namespace/name`.

    Its states: reserved → pushed, or ended (expired without a push, or given up) → freed (somebody may take the name again).
    If anything was ever pushed or sold under it, it is never freed: it stays a tombstone. Grants refer to the primary key, not the name.
    `owner` repeats the namespace's owner. A composite foreign key keeps them equal, so that the database can refuse foreign images in a
    product.
    """

    class End(models.TextChoices):
        EXPIRED = "expired"  # nothing was pushed in time; a late push revives it
        RELEASED = "released"  # given up by its owner or by staff, for good

    namespace = models.ForeignKey(Namespace, on_delete=models.PROTECT, related_name="images")
    owner = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", editable=False)
    name = models.CharField(max_length=128)
    repository = models.CharField(max_length=200, editable=False)  # namespace/name, as docker and the registry write it
    reserved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False)
    reserved_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(help_text="When the reservation ends unless something is pushed.")
    expiry_warned_at = models.DateTimeField(null=True, blank=True, editable=False)
    first_pushed_at = models.DateTimeField(null=True, blank=True, editable=False)
    first_sold_at = models.DateTimeField(null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)
    end_kind = models.CharField(max_length=10, choices=End.choices, blank=True, editable=False)
    end_reason = models.CharField(max_length=500, blank=True, editable=False)
    freed_at = models.DateTimeField(null=True, blank=True, editable=False)
    taken_down_at = models.DateTimeField(null=True, blank=True, editable=False)
    take_down_reason = models.CharField(max_length=500, blank=True, editable=False)
    erasure_asked_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When staff asked to have it deleted although it was sold."
    )
    featured_tag = models.CharField(
        max_length=LONGEST_TAG, blank=True, editable=False, help_text="What its seller wants pages to lead with."
    )
    # What pages lead with; `marketplace.images.services.leading_tags` keeps it up to date, so that no page searches thousands for it.
    leading_tag = models.OneToOneField("Tag", on_delete=models.SET_NULL, null=True, blank=True, editable=False, related_name="led_image")
    pull_count = models.PositiveBigIntegerField(default=0, editable=False)

    objects: ClassVar[models.Manager["Image"]] = ImageQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("namespace", "name"), condition=Q(freed_at__isnull=True), name="image_name_unique"),
            models.UniqueConstraint(fields=("id", "owner"), name="image_id_owner_unique"),  # target of composite foreign keys
            models.CheckConstraint(
                condition=Q(freed_at__isnull=True) | Q(ended_at__isnull=False, first_pushed_at__isnull=True, first_sold_at__isnull=True),
                name="image_freed_only_if_never_pushed_or_sold",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, end_kind="") | Q(ended_at__isnull=False, end_kind__in=("expired", "released")),
                name="image_end_has_a_kind",
            ),
            models.CheckConstraint(condition=Q(taken_down_at__isnull=True) | ~Q(take_down_reason=""), name="image_take_down_has_a_reason"),
        )
        indexes = (
            models.Index(
                fields=("ended_at",),
                condition=Q(freed_at__isnull=True, first_pushed_at__isnull=True, first_sold_at__isnull=True),
                name="image_waiting_to_be_freed",
            ),
            # The policy's way in: from the name docker asks for to the row that occupies it.
            models.Index(fields=("repository",), condition=Q(freed_at__isnull=True), name="image_of_repository"),
            models.Index(
                fields=("expires_at",),
                condition=Q(ended_at__isnull=True, first_pushed_at__isnull=True),
                name="image_waiting_for_push",
            ),
        )
        ordering = ("repository",)

    def __str__(self) -> str:
        return self.repository

    @property
    def reference(self) -> str:
        """The name with its host, as docker takes it, without a tag."""
        return image_reference(self.repository)

    @property
    def was_pushed(self) -> bool:
        return self.first_pushed_at is not None

    @property
    def is_live(self) -> bool:
        return self.ended_at is None

    @property
    def is_usable(self) -> bool:
        """Whether products can be sold with it, as `ImageQuerySet.usable` says of many."""
        return self.ended_at is None and self.taken_down_at is None


MOST_LAYERS: Final = 128  # rows of a layer list; docker itself runs no image of more than 125 layers
LONGEST_COMMAND: Final = 120  # characters


UNREADABLE: Final = Q(described_at__isnull=True) & (~Q(last_error="") | Q(removal_asked_at__isnull=False))  # shown to their seller


class Manifest(UUIDModel, Attempt):
    """One manifest of a repository (OCI image-spec, "Image Manifest" and "Image Index"). What is attempted is to describe or remove it.

    Attributes:
        size: bytes that a pull transfers: configuration and layers; for an index, those of its largest child.
        kind: an index that names no image is an artefact, like everything else that cannot be pulled and run.
        platforms: as `marketplace.images.platforms` writes them, sorted; several for an index, none for artefacts.
        children: digests of an index's manifests, without attestations. They are known before the index is described, which waits for them.
        image_created_at: as the image's configuration says.
        described_at: when its content was read from the registry; empty while it is known from an event only.
        removal_asked_at: when its seller asked to have it removed because it could not be read.
        blobs: the `StoredBlob`s that it needs, itself among them; empty until it is described.
    """

    class Kind(models.TextChoices):
        IMAGE = "image"
        INDEX = "index"
        ARTIFACT = "artifact"

    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="manifests")
    digest = models.CharField(max_length=LONGEST_DIGEST)
    media_type = models.CharField(max_length=255)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    size = models.PositiveBigIntegerField(default=0)
    platforms = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    children = ArrayField(models.CharField(max_length=LONGEST_DIGEST), default=list, blank=True)
    image_created_at = models.DateTimeField(null=True, blank=True)
    pushed_at = models.DateTimeField(default=timezone.now)
    described_at = models.DateTimeField(null=True, blank=True)
    removal_asked_at = models.DateTimeField(null=True, blank=True, editable=False)
    blobs = ArrayField(models.BigIntegerField(), null=True, blank=True, editable=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("image", "digest"), name="manifest_digest_unique"),)
        indexes = (
            # From a platform's manifest to the indexes that name it: looked up for each batch of pulls.
            GinIndex(fields=("children",), condition=models.Q(kind="index"), name="manifest_children"),
            models.Index(
                fields=("due_at",), condition=models.Q(described_at__isnull=True, given_up_at__isnull=True), name="manifest_waiting"
            ),
            models.Index(fields=("due_at",), condition=models.Q(removal_asked_at__isnull=False), name="manifest_going"),
            # Few of the many that an image may have: listed beside its tags.
            models.Index("image", F("pushed_at").desc(), condition=UNREADABLE, name="manifest_unreadable"),
        )
        ordering = ("-pushed_at",)

    def __str__(self) -> str:
        return self.digest

    @property
    def is_unreadable(self) -> bool:
        """Whether reading it from the registry has failed so far. Buyers do not see it then, and its seller may remove it."""
        return self.described_at is None and self.last_error != ""

    @property
    def short_digest(self) -> str:
        return self.digest.partition(":")[2][:12]


class StoredBlob(models.Model):
    """A layer, a configuration or a manifest that a seller has in the registry, however many of their manifests need it.

    Two sellers with the same layer have a row each: each of them is charged for what they sell.

    Attributes:
        size: bytes, as the registry says.
        uses: how many of the seller's manifests name it in `Manifest.blobs`; at zero the row is deleted.
    """

    owner = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    digest = models.CharField(max_length=LONGEST_DIGEST)
    size = models.PositiveBigIntegerField()
    uses = models.PositiveIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("owner", "digest"), name="stored_blob_unique"),)
        indexes = (
            models.Index(fields=("owner", "size"), name="stored_blob_sizes"),  # a seller's sum is read from it alone
            models.Index(fields=("digest", "id"), name="stored_blob_sellers"),  # who has a layer, whoever had it first before the others
        )

    def __str__(self) -> str:
        return self.digest


class Layer(NamedTuple):
    """A layer of an image manifest, or adjacent layers that were merged into one.

    Attributes:
        size: compressed bytes of all of them.
        command: `created_by` from the configuration's history, shortened; that of the largest layer.
        merged: how many layers these are.
    """

    digest: str
    size: int
    command: str = ""
    merged: int = 1

    @property
    def short_digest(self) -> str:
        """As it is shown: whoever knows it whole could read the layer without its manifest, which is what is counted (ADR 0063)."""
        algorithm, _, digits = self.digest.partition(":")
        return f"{algorithm}:{digits[:12]}"


class LayerList(models.Model):
    """The layers of one image manifest in one row, which takes less space than in the registry and never has more than a page can show.

    Attributes:
        rows: the fields of a `Layer` each, base first; at most `MOST_LAYERS`.
    """

    manifest = models.OneToOneField(Manifest, on_delete=models.CASCADE, primary_key=True, related_name="layer_list")
    rows = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{len(self.rows)} layers"

    @property
    def layers(self) -> list[Layer]:
        return [Layer(*row) for row in self.rows]


class Tag(UUIDModel):
    """A name for a manifest. The row is deleted with the tag.

    Attributes:
        version: `marketplace.images.versions.version_key` of the name, by which a higher version sorts after a lower one.
        moved_at: when it last began to point at something else; its moves are `TagMove`s.
        moved_from: the digest that it pointed at before.
    """

    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="tags")
    name = models.CharField(max_length=LONGEST_TAG)
    manifest = models.ForeignKey(Manifest, on_delete=models.PROTECT, related_name="tags")
    version = models.CharField(max_length=KEY_LENGTH, blank=True, editable=False, db_collation="C")
    pushed_at = models.DateTimeField(default=timezone.now)
    moved_at = models.DateTimeField(null=True, blank=True, editable=False)
    moved_from = models.CharField(max_length=LONGEST_DIGEST, blank=True, default="", db_default="", editable=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("image", "name"), name="tag_name_unique"),)
        # The newest of an image, and the highest, however many there are.
        indexes = (
            models.Index("image", F("pushed_at").desc(), "name", name="tag_newest"),
            models.Index("image", F("version").desc(), F("pushed_at").desc(), name="tag_highest", condition=~models.Q(version="")),
        )
        ordering = ("-pushed_at", "name")

    def __str__(self) -> str:
        return self.name


class TagMove(models.Model):
    """A tag began to point at a manifest, or was removed. Rows are written once and stay, also when the tag or the manifests go.

    Attributes:
        old_digest: what it pointed at before; empty for a new tag.
        new_digest: empty for a removal.
        at: when the registry accepted the push; of a removal, when the shop learned of it.
    """

    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="tag_moves", db_index=False)
    tag = models.CharField(max_length=LONGEST_TAG)
    old_digest = models.CharField(max_length=LONGEST_DIGEST, blank=True)
    new_digest = models.CharField(max_length=LONGEST_DIGEST, blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("image", "at"), name="tag_move_of_image"),)
        ordering = ("-at", "-pk")

    def __str__(self) -> str:
        return f"{self.tag} → {self.new_digest}"


class UncheckedLayers(models.Model):
    """An image manifest whose layers are yet to be compared with those of other sellers; deleted when that is done.

    Attributes:
        manifest_id: no foreign key, for the manifest may go first.
        attempts: how often that was begun.
        due_at: when it is begun again.
    """

    manifest_id = models.UUIDField(primary_key=True)
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    due_at = models.DateTimeField(default=timezone.now, db_default=Now())

    class Meta:
        verbose_name_plural = "unchecked layers"

    def __str__(self) -> str:
        return f"layers of {self.manifest_id}"
