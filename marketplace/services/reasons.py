"""Why an act was done: asked of whoever acts on somebody's property."""

from accounts.errors import ReasonMissing


def require_reason(reason: str) -> None:
    """Make sure that the audit trail will say why.

    Raises:
        ReasonMissing: the reason is blank.
    """
    if not reason.strip():
        raise ReasonMissing
