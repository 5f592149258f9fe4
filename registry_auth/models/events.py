"""What the registry told us, kept until it has had its effect."""

from django.db import models
from django.db.models import Q
from django.utils import timezone


class RegistryEnvelope(models.Model):
    """One notification request, stored before it is answered (distribution, "Notifications"): what of it can have an effect.

    Attributes:
        event_count: how many events the body has, for a worker to take no more at once than it has room for.
    """

    received_at = models.DateTimeField(default=timezone.now, editable=False)
    body = models.JSONField()
    event_count = models.PositiveIntegerField(default=1, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=500, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)  # a worker has it, or it rests after a failure
    drained_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (models.Index(fields=("id",), condition=Q(drained_at__isnull=True), name="registry_envelope_waiting"),)
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"envelope {self.pk}"


class SeenRegistryEvent(models.Model):
    """The id of an event that has had its effect: the registry repeats itself until it is answered, and we count once."""

    id = models.CharField(primary_key=True, max_length=100)
    seen_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = (models.Index(fields=("seen_at",), name="seen_registry_event_age"),)

    def __str__(self) -> str:
        return self.id
