"""What is inside what was pushed, and which images others are built on."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from marketplace.images.models import Image, Manifest
from marketplace.images.oci import LONGEST_DIGEST, LONGEST_TAG

LONGEST_HIDDEN = 140
CHAIN_LENGTH = 64
HIDES = ~models.Q(hidden=[])


class ManifestContents(models.Model):
    """What a manifest and its configuration say of themselves, as far as pages show it. Written when the manifest is described.

    Attributes:
        image: its image's, for the indexes.
        facts: of an image: `marketplace.contents.facts.ImageFacts`.
        evidence: of an artefact: kind and form of each `marketplace.contents.facts.Evidence`.
        subject: of an artefact: the digest of what it is about (OCI image-spec, "subject"); empty if it names none.
        attestations: of an index: digest and subject of each entry that BuildKit calls an attestation.
        recorded_at: by which the newest are found; the primary key would lead past those of all images.
        hidden: where values look like secrets, in words; they are stored nowhere.
    """

    manifest = models.OneToOneField(Manifest, on_delete=models.CASCADE, primary_key=True, related_name="contents")
    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="+", db_index=False)
    facts = models.JSONField(null=True, blank=True)
    evidence = models.JSONField(default=list, blank=True)
    subject = models.CharField(max_length=LONGEST_DIGEST, blank=True)
    attestations = models.JSONField(default=list, blank=True)
    hidden = ArrayField(models.CharField(max_length=LONGEST_HIDDEN), default=list, blank=True)
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = (
            models.Index(fields=("image", "subject", "-recorded_at"), condition=~models.Q(subject=""), name="contents_of_subject"),
            models.Index(fields=("image", "-recorded_at"), condition=HIDES, name="contents_hiding"),
        )
        verbose_name_plural = "manifest contents"

    def __str__(self) -> str:
        return f"contents of {self.manifest_id}"


class KnownBase(models.Model):
    """A free image that others may be built on, found by its layers. The first one that was public with these layers has the row.

    Attributes:
        chain: the last of `marketplace.contents.bases.chains` of its layers.
        tag: the newest that led to it when it was noted.
        layers: how many it has.
        size: compressed bytes of them.
    """

    chain = models.CharField(max_length=CHAIN_LENGTH, primary_key=True)
    manifest = models.ForeignKey(Manifest, on_delete=models.CASCADE, related_name="+")
    tag = models.CharField(max_length=LONGEST_TAG)
    layers = models.PositiveSmallIntegerField()
    size = models.PositiveBigIntegerField()

    def __str__(self) -> str:
        return f"{self.layers} layers of {self.tag}"
