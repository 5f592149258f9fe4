"""Django's entry for this app."""

from django.apps import AppConfig


class CommonConfig(AppConfig):
    """The app's name and key type."""

    name = "common"
    verbose_name = "Housekeeping"
    default_auto_field = "django.db.models.BigAutoField"
