"""Django's entry for this app."""

from django.apps import AppConfig


class BillingConfig(AppConfig):
    """The app's name and key type; registers its checks and what it holds of people."""

    name = "billing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts.personal_data import Part, register_part  # noqa: PLC0415
        from billing import checks  # noqa: F401, PLC0415  importing registers them, once the models are there
        from billing.services.personal_data import export_billing, forget_addresses_of_orders, obstacles_of_orders  # noqa: PLC0415

        register_part("billing", Part(export=export_billing, obstacles=obstacles_of_orders, forget=forget_addresses_of_orders))
