"""Why the registry's content must stay as it is for now."""

from datetime import datetime

from common.errors import ConflictError, RetryLater


class HoldInForce(ConflictError):
    """A backup or a garbage collection is under way, and a second one would harm both. 409."""

    code = "hold_in_force"

    def __init__(self, *, what: str, until: datetime) -> None:
        super().__init__(
            f"A {what} is under way, until {until:%Y-%m-%d %H:%M} UTC at the latest. Wait for its end; if it has died, run: manage.py"
            " registry_hold end",
        )


class NoHold(ConflictError):
    """There is no hold to end, or it has run out. 409."""

    code = "no_hold"

    def __init__(self) -> None:
        super().__init__("Nothing is held back: no backup and no garbage collection is under way.")


class DeletionsHeld(RetryLater):
    """Nothing is deleted from the registry while a backup or a garbage collection is under way. 503."""

    code = "deletions_held"
    retry_after = 300

    def __init__(self) -> None:
        super().__init__("Nothing is deleted from the registry while a backup or a garbage collection is under way. Try again later.")
