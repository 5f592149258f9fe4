"""Django's entry for this app."""

from django.apps import AppConfig


class RegistryAuthConfig(AppConfig):
    """The app's name and key type."""

    name = "registry_auth"
    verbose_name = "Registry"
    default_auto_field = "django.db.models.BigAutoField"
