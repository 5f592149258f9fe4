"""Who did what to what, from where. Written in the transaction of the change, never altered."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from common.db.models import UUIDModel


class AuditEvent(UUIDModel):
    """One act. It has no `actor` if the shop did it by itself."""

    at = models.DateTimeField(default=timezone.now, editable=False)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    action = models.CharField(max_length=60, help_text="noun.verb, e.g. image.reserved")
    target_type = models.CharField(max_length=60)
    target_id = models.CharField(max_length=64)
    target_label = models.CharField(max_length=300)
    reason = models.CharField(max_length=500, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)
    details = models.JSONField(default=dict, blank=True)

    class Meta:
        indexes = (
            models.Index(fields=("target_type", "target_id", "-at"), name="audit_event_of_target"),
            models.Index(fields=("-at",), name="audit_event_newest"),
        )
        ordering = ("-at",)

    def __str__(self) -> str:
        return f"{self.action} {self.target_label}"
