"""Admin of this app's rows."""

from registry_auth.admin.events import RegistryEnvelopeAdmin, SeenRegistryEventAdmin

__all__ = ["RegistryEnvelopeAdmin", "SeenRegistryEventAdmin"]
