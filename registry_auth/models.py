"""Where Django looks for the tables of this app."""

from registry_auth.inbox.models import DeadLetter, RegistryEnvelope, SeenRegistryEvent, StreamMarks, StreamPartition, WaitingPuller
from registry_auth.upkeep.models import Reconciliation, RegistryHold, RepositoryTrouble

__all__ = [
    "DeadLetter",
    "Reconciliation",
    "RegistryEnvelope",
    "RegistryHold",
    "RepositoryTrouble",
    "SeenRegistryEvent",
    "StreamMarks",
    "StreamPartition",
    "WaitingPuller",
]
