"""Mail that must be sent: written with the change it tells of, sent afterwards, never lost with the queue."""

from django.db import models
from django.utils import timezone

from common.models import UUIDModel


class OutgoingMail(UUIDModel):
    """One rendered mail. Bodies are blanked once sent, for they may carry links that open an account."""

    key = models.CharField(max_length=200, help_text="What it is about; the same key is never sent twice.")
    to = models.EmailField(max_length=254)
    subject = models.CharField(max_length=200)
    body_text = models.TextField(blank=True)
    body_html = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    send_after = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=500, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("key",), name="outgoing_mail_key_unique"),)
        indexes = (models.Index(fields=("send_after",), condition=models.Q(sent_at__isnull=True), name="outgoing_mail_waiting"),)
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.subject} → {self.to}"
