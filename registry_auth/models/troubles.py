"""Images that the registry keeps from us: put off, given up in the end, and named to staff."""

from django.db import models

from common.db.claims import Attempt
from marketplace.images.models import Image


class RepositoryTrouble(Attempt):
    """A job failed for one image. The row goes when it succeeds; the job's other images go on meanwhile."""

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
