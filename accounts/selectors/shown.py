"""The credential that a secret once opened, dead or alive: for telling its bearer why it opens nothing."""

from accounts import credentials
from accounts.models import AccessToken


def find_shown_token(secret: str) -> AccessToken | None:
    """Return the access token of the secret in whatever state it is, its owner joined; None if there never was one.

    Whoever asks holds the secret. An identity token stands for its access token; after "log out everywhere" it stands for nothing.
    """
    tokens = AccessToken.objects.select_related("user__account", "organisation")
    if credentials.is_access_token(secret):
        return tokens.filter(secret_hash__in=credentials.secret_hashes(secret)).first()
    identity = credentials.read_identity_token(secret)
    if identity is None:
        return None
    token = tokens.filter(pk=identity.token_id).first()
    return token if token and token.generation == identity.generation else None
