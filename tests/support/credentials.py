"""What a secret opens, for tests that ask for nothing else."""

from accounts.tokens.selectors import Credential
from marketplace.entitlements.credential_facts import find_credential_facts


def find_credential(secret: str) -> Credential | None:
    """Return the live credential that the token process finds."""
    found = find_credential_facts(secret, repositories=())
    return None if found is None else found.credential
