"""Django's entry for this app."""

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    """The app's name and key type."""

    name = "outbox"
    verbose_name = "Outbox"
    default_auto_field = "django.db.models.BigAutoField"
