"""Django's entry for this app."""

from importlib import import_module

from django.apps import AppConfig, apps


class AccountsConfig(AppConfig):
    """The app's name and key type."""

    name = "accounts"
    verbose_name = "People and accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to what allauth tells of sign-ins, in processes that have it."""
        if apps.is_installed("allauth.account"):
            import_module("accounts.sessions.signals")
