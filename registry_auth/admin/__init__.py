"""Admin of this app's rows."""

from registry_auth.admin import overview
from registry_auth.admin.holds import RegistryHoldAdmin
from registry_auth.admin.inbox import RegistryEnvelopeAdmin, SeenRegistryEventAdmin
from registry_auth.admin.reconciliations import ReconciliationAdmin
from registry_auth.admin.troubles import RepositoryTroubleAdmin

__all__ = [
    "ReconciliationAdmin",
    "RegistryEnvelopeAdmin",
    "RegistryHoldAdmin",
    "RepositoryTroubleAdmin",
    "SeenRegistryEventAdmin",
    "overview",
]
