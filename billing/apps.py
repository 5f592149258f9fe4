"""Django's entry for this app."""

from django.apps import AppConfig


class BillingConfig(AppConfig):
    """The app's name and key type."""

    name = "billing"
    default_auto_field = "django.db.models.BigAutoField"
