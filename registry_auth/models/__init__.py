"""The inbox of the registry's notifications, and who pulled and waits to be counted."""

from registry_auth.models.events import RegistryEnvelope, SeenRegistryEvent
from registry_auth.models.pullers import WaitingPuller

__all__ = ["RegistryEnvelope", "SeenRegistryEvent", "WaitingPuller"]
