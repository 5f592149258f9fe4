"""Mails to send: written in the transaction of the change they are about, sent afterwards, not lost with the queue."""

from django.db import models
from django.utils import timezone

from common.db.claims import Attempt
from common.db.models import UUIDModel


class OutgoingMail(Attempt, UUIDModel):
    """One rendered mail. Its texts are blanked once it is sent, for they may contain links that open an account."""

    key = models.CharField(max_length=200, help_text="What it is about; the same key is never sent twice.")
    origin = models.CharField(max_length=254, blank=True, editable=False, help_text="Whose turn it is among those that wait.")
    to = models.EmailField(max_length=254)
    subject = models.CharField(max_length=200)
    body_text = models.TextField(blank=True)
    body_html = models.TextField(blank=True)
    unsubscribe_url = models.CharField(
        max_length=500, blank=True, default="", db_default="", editable=False, help_text="Ends mails of its kind, without signing in."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("key",), name="outgoing_mail_key_unique"),
            models.CheckConstraint(
                condition=models.Q(sent_at__isnull=True) | models.Q(given_up_at__isnull=True, body_text="", body_html=""),
                name="outgoing_mail_sent_keeps_no_text",
            ),
        )
        indexes = (
            models.Index(
                fields=("attempts", "due_at"),
                condition=models.Q(sent_at__isnull=True, given_up_at__isnull=True),
                name="outgoing_mail_due",
            ),
        )
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.subject} → {self.to}"
