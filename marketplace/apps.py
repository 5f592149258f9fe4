"""Django's entry for this app."""

from django.apps import AppConfig


class MarketplaceConfig(AppConfig):
    """The app's name and key type."""

    name = "marketplace"
    verbose_name = "Marketplace"
    default_auto_field = "django.db.models.BigAutoField"
