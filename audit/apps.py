"""Django's entry for this app."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The app's name and key type."""

    name = "audit"
    verbose_name = "Audit trail"
    default_auto_field = "django.db.models.BigAutoField"
