"""Archives of what the shop holds of a person, for that person to download."""

from django.db import models
from django.utils import timezone

from accounts.people.models import User
from common.db.claims import Attempt
from common.db.models import UUIDModel


class DataExport(UUIDModel, Attempt):
    """An archive that a person asked for: a worker makes it, it can be downloaded for some days, then the row is deleted.

    It is kept in the database, not among files, so that whatever is served without signing in never holds it.
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="data_export")
    asked_at = models.DateTimeField(default=timezone.now, editable=False)
    made_at = models.DateTimeField(null=True, blank=True, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True, editable=False)
    size = models.PositiveIntegerField(default=0, editable=False)
    content = models.BinaryField(null=True, editable=False)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(made_at__isnull=True, content__isnull=True, expires_at__isnull=True)
                | models.Q(made_at__isnull=False, content__isnull=False, expires_at__isnull=False),
                name="data_export_made_or_not",
            ),
        )

    def __str__(self) -> str:
        return f"archive for {self.user}"

    @property
    def ready(self) -> bool:
        """Whether it can be downloaded now."""
        return self.expires_at is not None and self.expires_at > timezone.now()
