"""Who pulled, until it is counted."""

from django.db import models

from marketplace.images.models import Image


class WaitingPuller(models.Model):
    """Somebody pulled an image on a day, and no sketch has them yet.

    Written in the transaction that counts the pull, gone in the one that keeps the sketch.

    Attributes:
        puller: an account's id or, without an account, what names the client without giving its address away.
    """

    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="+", db_index=False)  # first in the constraint
    day = models.DateField()
    puller = models.UUIDField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("image", "day", "puller"), name="waiting_puller_once"),)
        ordering = ("image", "day")

    def __str__(self) -> str:
        return f"{self.puller} pulled {self.image_id} on {self.day}"
