"""Reports of reconciliations, images that the registry fails for, and holds: times in which the registry must keep what it has."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from common.db.claims import Attempt
from marketplace.images.models import Image


class Reconciliation(models.Model):
    """One run. Which tags of an image it repaired is in the audit trail of that image.

    Attributes:
        ended_at: empty while it runs, and for good if the worker died.
        written: tags that notifications had missed, or that pointed elsewhere.
        removed: tags that the registry no longer has.
        described: manifests that were completed or forgotten.
        unknown_repositories: repositories in the registry that belong to no image here.
        refused: images that the registry failed for; each has a `RepositoryTrouble` and is tried again later.
        stopped_before: the image that was next when the run's time was over; the next run begins there.
        problem: why it did not finish.
    """

    started_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)
    written = models.PositiveIntegerField("tags written", default=0)
    removed = models.PositiveIntegerField("tags removed", default=0)
    described = models.PositiveIntegerField("manifests described", default=0)
    unknown_repositories = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField("images refused", default=0)
    stopped_before = models.UUIDField(null=True, blank=True, editable=False)
    problem = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = (models.Index(fields=("started_at",), name="reconciliation_age"),)
        ordering = ("-started_at",)

    def __str__(self) -> str:
        return f"reconciliation of {self.started_at:%Y-%m-%d %H:%M} UTC"


class RepositoryTrouble(Attempt):
    """A job failed for one image. The row is deleted once it succeeds; meanwhile the job goes on with the other images."""

    class Job(models.TextChoices):
        RECONCILE = "reconcile", "compare with the registry"
        EMPTY = "empty", "remove what was taken down"

    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="+")
    job = models.CharField(max_length=10, choices=Job.choices)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("image", "job"), name="repository_trouble_once"),)
        ordering = ("-due_at",)
        verbose_name = "image in trouble"
        verbose_name_plural = "images in trouble"

    def __str__(self) -> str:
        return f"{self.image}: {self.get_job_display()}"


class RegistryHold(models.Model):
    """A time in which nothing is deleted from the registry; while garbage is collected, nothing is pushed to it either.

    Attributes:
        ends_at: when it ends by itself if whoever began it has died.
        ended_at: empty while it lasts.
        checked: sold manifests that were found whole at its end.
        removed_blobs: what a collection took from the registry's storage.
        freed: bytes of these.
        problem: why it did not reach its end.
    """

    class Kind(models.TextChoices):
        BACKUP = "backup", "backup"
        COLLECTION = "collection", "garbage collection"

    kind = models.CharField(max_length=10, choices=Kind.choices)
    began_at = models.DateTimeField(default=timezone.now, editable=False)
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)
    checked = models.PositiveIntegerField("manifests checked", default=0)
    removed_blobs = models.PositiveIntegerField("blobs removed", default=0)
    freed = models.PositiveBigIntegerField("bytes freed", default=0)
    problem = models.CharField(max_length=500, blank=True)

    class Meta:
        # A backup must not meet a collection, and neither another of its own kind.
        constraints = (
            models.UniqueConstraint(F("ended_at"), condition=Q(ended_at__isnull=True), nulls_distinct=False, name="registry_hold_alone"),
        )
        indexes = (models.Index(fields=("kind", "began_at"), name="registry_hold_age"),)
        ordering = ("-began_at",)

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.began_at:%Y-%m-%d %H:%M} UTC"
