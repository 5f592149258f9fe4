"""What has been pushed, as the registry told us: manifests by digest, their layers, tags that point at them."""

from typing import Final, NamedTuple

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F
from django.utils import timezone

from common.db.claims import Attempt
from common.db.models import UUIDModel
from marketplace.models.images import Image
from marketplace.versions import KEY_LENGTH

MOST_LAYERS: Final = 128  # rows of a layer list; docker itself runs no image of more than 125 layers
LONGEST_COMMAND: Final = 120  # characters


class Manifest(UUIDModel, Attempt):
    """One manifest of a repository (OCI image-spec, "Image Manifest" and "Image Index"). Attempts are made to describe or to remove it.

    Attributes:
        size: bytes that a pull transfers: configuration and layers; for an index, those of its largest child.
        kind: an index that names no image is an artefact, as everything that cannot be pulled and run.
        platforms: as `marketplace.platforms` writes them, sorted; several for an index, none for artefacts.
        children: digests of an index's manifests, attestations left out. Known before the index is described, which waits for them.
        image_created_at: what the image says of itself, in its configuration.
        described_at: when its content was read from the registry; empty while only an event has told of it.
        removal_asked_at: when its seller asked for it to go, because nobody could read it.
    """

    class Kind(models.TextChoices):
        IMAGE = "image"
        INDEX = "index"
        ARTIFACT = "artifact"

    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="manifests")
    digest = models.CharField(max_length=140)
    media_type = models.CharField(max_length=255)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    size = models.PositiveBigIntegerField(default=0)
    platforms = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    children = ArrayField(models.CharField(max_length=140), default=list, blank=True)
    image_created_at = models.DateTimeField(null=True, blank=True)
    pushed_at = models.DateTimeField(default=timezone.now)
    described_at = models.DateTimeField(null=True, blank=True)
    removal_asked_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("image", "digest"), name="manifest_digest_unique"),)
        indexes = (
            # From a platform's manifest to the indexes that name it: asked for each batch of pulls.
            GinIndex(fields=("children",), condition=models.Q(kind="index"), name="manifest_children"),
            models.Index(
                fields=("due_at",), condition=models.Q(described_at__isnull=True, given_up_at__isnull=True), name="manifest_waiting"
            ),
            models.Index(fields=("due_at",), condition=models.Q(removal_asked_at__isnull=False), name="manifest_going"),
        )
        ordering = ("-pushed_at",)

    def __str__(self) -> str:
        return self.digest

    @property
    def is_unreadable(self) -> bool:
        """Whether the registry did not let us read it so far: then it is no version that buyers see, and its seller may remove it."""
        return self.described_at is None and self.last_error != ""

    @property
    def short_digest(self) -> str:
        return self.digest.partition(":")[2][:12]


class Layer(NamedTuple):
    """A layer of an image manifest, or neighbours that were merged into one.

    Attributes:
        size: compressed bytes, of all of them.
        command: `created_by` of the configuration's history, shortened; of the largest.
        merged: how many layers these are.
    """

    digest: str
    size: int
    command: str = ""
    merged: int = 1


class LayerList(models.Model):
    """The layers of one image manifest, in one row: less than the registry stores for them, and never more than a page can show.

    Attributes:
        rows: what a `Layer` holds, base first, at most `MOST_LAYERS` of them.
    """

    manifest = models.OneToOneField(Manifest, on_delete=models.CASCADE, primary_key=True, related_name="layer_list")
    rows = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{len(self.rows)} layers"

    @property
    def layers(self) -> list[Layer]:
        return [Layer(*row) for row in self.rows]


class Tag(UUIDModel):
    """A name for a manifest. The row goes when the tag goes.

    Attributes:
        version: what `marketplace.versions.version_key` says of the name: a higher version sorts behind a lower one.
    """

    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="tags")
    name = models.CharField(max_length=128)
    manifest = models.ForeignKey(Manifest, on_delete=models.PROTECT, related_name="tags")
    version = models.CharField(max_length=KEY_LENGTH, blank=True, editable=False, db_collation="C")
    pushed_at = models.DateTimeField(default=timezone.now)

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

    @property
    def is_signature(self) -> bool:
        """`sha256-…` tags carry signatures and attestations: hidden from buyers."""
        return self.name.startswith("sha256-")
