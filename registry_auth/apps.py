"""Django's entry for this app."""

from django.apps import AppConfig


class RegistryAuthConfig(AppConfig):
    """The app's name and key type; says what waits in its inbox."""

    name = "registry_auth"
    verbose_name = "Registry"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from registry_auth.inbox import selectors  # noqa: F401, PLC0415  so that refunds ask for pulls that are not counted yet
