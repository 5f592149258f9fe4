"""What each reconciliation found wrong and put right, for staff to see that it runs and what it mends."""

from django.db import models
from django.utils import timezone


class Reconciliation(models.Model):
    """One run. Which tags of which image it repaired stands in the audit trail of the image.

    Attributes:
        ended_at: empty while it runs, and for good where the worker died.
        written: tags that notifications had missed, or that pointed elsewhere.
        removed: tags that the registry no longer has.
        described: manifests that were completed or forgotten.
        unknown_repositories: names in the registry that nobody here holds.
        refused: images that the registry kept from us; each is a `RepositoryTrouble` and tried again later.
        stopped_before: the image that a run came to when its time was over; the next one begins there.
        problem: why it did not come to its end.
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
