"""What the audit trail says."""

from audit.models import AuditEvent


def trail() -> list[str]:
    """Return the actions, oldest first."""
    return list(AuditEvent.objects.order_by("at").values_list("action", flat=True))
