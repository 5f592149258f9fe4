"""Acts that go into the audit trail with a reason do not happen without one."""

from accounts.errors import ReasonMissing


def require_reason(reason: str) -> None:
    """Make sure that there is a reason.

    Raises:
        ReasonMissing: it is empty or blank.
    """
    if not reason.strip():
        raise ReasonMissing
