"""The Django app of what belongs to no other: the deployment checks."""

from django.apps import AppConfig


class LayerstoreConfig(AppConfig):
    """Registers the checks."""

    name = "config"
    label = "layerstore"

    def ready(self) -> None:
        from config import checks  # noqa: F401, PLC0415  importing registers them, once the models are there
