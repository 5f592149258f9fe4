"""Where Django looks for the tables of this app."""

from registry_auth.inbox.models import RegistryEnvelope, SeenRegistryEvent, WaitingPuller
from registry_auth.upkeep.models import Reconciliation, RegistryHold, RepositoryTrouble

__all__ = ["Reconciliation", "RegistryEnvelope", "RegistryHold", "RepositoryTrouble", "SeenRegistryEvent", "WaitingPuller"]
