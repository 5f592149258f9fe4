"""How our own worker shows itself to the token endpoint."""

from datetime import datetime

from accounts.tokens.secrets import service_secret
from registry_auth.client.credentials import Credentials

SERVICE_USER = "<service>"  # brackets keep it apart from every user name, and no colon could travel in it (RFC 7617)
SERVICE_SUBJECT = "layerstore:service"  # what the registry calls us in its events; our pulls are not counted


def service_credentials(*, now: datetime) -> Credentials:
    """Return what shows us to the token endpoint, for a minute from now."""
    return Credentials(SERVICE_USER, service_secret(now=now))
