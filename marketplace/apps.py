"""Django's entry for this app."""

from django.apps import AppConfig


class MarketplaceConfig(AppConfig):
    """The app's name and key type; registers what it holds of people."""

    name = "marketplace"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts.personal_data import Part, register_part  # noqa: PLC0415  once the models are there
        from marketplace.services.personal_data import export_marketplace, forget_library, obstacles_of_seller  # noqa: PLC0415

        register_part("marketplace", Part(export=export_marketplace, obstacles=obstacles_of_seller, forget=forget_library))
