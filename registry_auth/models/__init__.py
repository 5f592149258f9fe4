"""The inbox of the registry's notifications."""

from registry_auth.models.events import RegistryEnvelope, SeenRegistryEvent

__all__ = ["RegistryEnvelope", "SeenRegistryEvent"]
