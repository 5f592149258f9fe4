"""The inbox of the registry's notifications, who pulled and waits to be counted, and what was repaired."""

from registry_auth.models.events import RegistryEnvelope, SeenRegistryEvent
from registry_auth.models.pullers import WaitingPuller
from registry_auth.models.reconciliations import Reconciliation

__all__ = ["Reconciliation", "RegistryEnvelope", "SeenRegistryEvent", "WaitingPuller"]
