"""Django's entry for this app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """The app's name and key type; registers what it holds of people."""

    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts.personal_data import Part, register_part  # noqa: PLC0415  once the models are there
        from accounts.selectors.personal_data import export_account, obstacles_of_account  # noqa: PLC0415
        from accounts.services.deletion import forget_account  # noqa: PLC0415

        register_part("accounts", Part(export=export_account, obstacles=obstacles_of_account, forget=forget_account))
