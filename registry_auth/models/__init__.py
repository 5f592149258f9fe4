"""The inbox of the registry's notifications, who pulled and waits to be counted, what was repaired, and what could not be."""

from registry_auth.models.events import RegistryEnvelope, SeenRegistryEvent
from registry_auth.models.pullers import WaitingPuller
from registry_auth.models.reconciliations import Reconciliation
from registry_auth.models.troubles import RepositoryTrouble

__all__ = ["Reconciliation", "RegistryEnvelope", "RepositoryTrouble", "SeenRegistryEvent", "WaitingPuller"]
