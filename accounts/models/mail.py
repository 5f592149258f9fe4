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
    failed_at = models.DateTimeField(null=True, blank=True, help_text="Given up: refused for good, or tried too often.")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("key",), name="outgoing_mail_key_unique"),
            models.CheckConstraint(
                condition=models.Q(sent_at__isnull=True) | models.Q(failed_at__isnull=True, body_text="", body_html=""),
                name="outgoing_mail_sent_keeps_no_text",
            ),
        )
        indexes = (
            models.Index(
                fields=("send_after",),
                condition=models.Q(sent_at__isnull=True, failed_at__isnull=True),
                name="outgoing_mail_due",
            ),
        )
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.subject} → {self.to}"
