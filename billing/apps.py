"""Django's entry for this app."""

from django.apps import AppConfig


class BillingConfig(AppConfig):
    """The app's name and key type; registers its checks."""

    name = "billing"
    verbose_name = "Orders and payments"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from billing.credits import showing  # noqa: F401, PLC0415  so that pages ask what is credited
        from billing.discounts import trying  # noqa: F401, PLC0415  so that product pages ask for codes
        from billing.orders import owners  # noqa: F401, PLC0415  so that what was bought can grow, and is named in libraries
        from billing.renewals import showing as subscribed  # noqa: F401, PLC0415  so that pages lead subscribers to larger editions
        from billing.stripe import checks  # noqa: F401, PLC0415  importing registers them, once the models are there
