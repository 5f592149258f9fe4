"""What is wrong with a credential of ours, whatever else is."""

from dataclasses import replace

from accounts.tokens.models import AccessToken
from marketplace.entitlements.policy import Action, Facts, Subject, decide
from registry_auth.token.grants import grant
from registry_auth.token.scopes import ResourceType, Scope
from registry_auth.why.answers import Reason


def why_credential_ended(token: AccessToken) -> Reason | None:
    """Return why a credential of ours signs nobody in any more: it was revoked, has expired, or its user was disabled."""
    if token.revoked_at is not None:
        return Reason.CREDENTIAL_REVOKED
    if not token.is_live:
        return Reason.CREDENTIAL_EXPIRED
    return Reason.CREDENTIAL_UNKNOWN if token.user and not token.user.is_active else None


def why_credential_lacks(token: AccessToken, subject: Subject, facts: Facts, repository: str) -> Reason | None:
    """Return what keeps a credential from what its account may pull: it is for other images, or is not for pulling.

    Where the account itself may not pull, the answer is None.
    """
    allowed = decide(facts, is_staff=subject.is_staff)
    if Action.PULL in decide(replace(facts, within_limits=True), is_staff=subject.is_staff) - allowed:
        return Reason.CREDENTIAL_LACKS_IMAGE
    requested = [Scope(ResourceType.REPOSITORY, repository, frozenset({Action.PULL}))]
    granted = grant(requested, allowed={repository: allowed}, use=token.scopes, reads_catalogue=False)
    return Reason.CREDENTIAL_LACKS_SCOPE if Action.PULL in allowed and not granted else None
