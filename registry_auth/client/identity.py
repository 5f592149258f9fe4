"""How our own worker identifies itself to the token endpoint."""

from datetime import datetime

from accounts.tokens.secrets import service_secret
from registry_auth.client.credentials import Credentials

SERVICE_USER = "<service>"  # brackets keep it apart from every user name, and no colon could travel in it (RFC 7617)
SERVICE_SUBJECT = "layerstore:service"  # the registry's name for us in its events; our pulls are not counted


def service_credentials(*, now: datetime) -> Credentials:
    """Return credentials that the token endpoint accepts as ours for a minute from now."""
    return Credentials(SERVICE_USER, service_secret(now=now))
