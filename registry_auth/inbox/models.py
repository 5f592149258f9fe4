"""The inbox of the registry's notifications, and pullers that no sketch counts yet."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from common.db.claims import Attempt
from marketplace.images.models import Image


class RegistryEnvelope(Attempt):
    """One notification request, stored before it is answered (distribution, "Notifications"): those of its events that can have an effect.

    Attributes:
        event_count: how many events the body has, so that a worker takes no more at once than it has memory for.
        drained_at: since when all its events have had their effect.
    """

    received_at = models.DateTimeField(default=timezone.now, editable=False)
    body = models.JSONField()
    event_count = models.PositiveIntegerField(default=1, editable=False)
    drained_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (
            models.Index(fields=("id",), condition=Q(drained_at__isnull=True, given_up_at__isnull=True), name="registry_envelope_open"),
        )
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"envelope {self.pk}"


class SeenRegistryEvent(models.Model):
    """The id of an event that has had its effect: the registry repeats events until we answer, and each counts once."""

    id = models.CharField(primary_key=True, max_length=100)
    seen_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = (models.Index(fields=("seen_at",), name="seen_registry_event_age"),)

    def __str__(self) -> str:
        return self.id


class StreamPartition(models.Model):
    """How far a partition of the event stream is counted. This is the truth: it is written in the transaction that counts.

    Attributes:
        next_offset: of the first event that is not counted yet.
        holder_number: grows with each consumer that takes the partition, so that one that has lost it can commit nothing more.
    """

    topic = models.CharField(max_length=249)  # Kafka's own limit
    partition = models.PositiveIntegerField()
    next_offset = models.PositiveBigIntegerField(default=0)
    holder_number = models.PositiveBigIntegerField(default=0)
    committed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("topic", "partition"), name="stream_partition_once"),)
        ordering = ("topic", "partition")

    def __str__(self) -> str:
        return f"{self.topic} {self.partition} from {self.next_offset}"


class StreamMarks(models.Model):
    """By which a repetition is recognised: the marks of the pulls that one transaction counted of one partition, for ten minutes.

    Attributes:
        marks: eight bytes each, little-endian (`registry_auth.inbox.marks`).
    """

    topic = models.CharField(max_length=249)
    partition = models.PositiveIntegerField()
    written_at = models.DateTimeField(default=timezone.now)
    marks = models.BinaryField()

    class Meta:
        indexes = (models.Index(fields=("topic", "partition", "written_at"), name="stream_marks_recent"),)
        verbose_name_plural = "stream marks"

    def __str__(self) -> str:
        return f"{len(self.marks) // 8} of {self.topic} {self.partition}"


class DeadLetter(models.Model):
    """An envelope was given up, and the stream's dead-letter topic is not told yet. Written with the giving up, deleted once told."""

    envelope = models.OneToOneField(RegistryEnvelope, on_delete=models.CASCADE, primary_key=True, related_name="+")

    def __str__(self) -> str:
        return f"envelope {self.envelope_id}"


class WaitingPuller(models.Model):
    """Somebody pulled an image on a day, and no sketch counts them yet.

    Written in the transaction that counts the pull, deleted in the one that saves the sketch.

    Attributes:
        puller: an account's id or, without an account, the client's hash, which does not reveal its address.
    """

    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="+", db_index=False)  # first in the constraint
    day = models.DateField()
    puller = models.UUIDField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("image", "day", "puller"), name="waiting_puller_once"),)
        ordering = ("image", "day")

    def __str__(self) -> str:
        return f"{self.puller} pulled {self.image_id} on {self.day}"
