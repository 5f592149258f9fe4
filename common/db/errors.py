"""What a busy or absent database makes impossible for now."""

from django.utils.translation import gettext

from common.errors import RetryLater


class LockTimeout(RetryLater):
    """Somebody else holds the row for too long."""

    code = "busy"

    def __init__(self) -> None:
        super().__init__(gettext("Somebody else is changing this right now. Try again in a few seconds."))


class StatementTooSlow(RetryLater):
    """A statement took too long, for it asked for too much or the database is busy. It was cancelled."""

    code = "too_slow"
    retry_after = 10

    def __init__(self) -> None:
        sentence = gettext("This took too long and was stopped. Try again in 10 seconds, and ask for less if it can be narrowed down.")
        super().__init__(sentence)


class DatabaseAway(RetryLater):
    """The database does not answer. Nothing was changed."""

    code = "database_away"
    retry_after = 30

    def __init__(self) -> None:
        super().__init__(gettext("A part of Layerstore does not answer. Nothing was changed. Try again in 30 seconds."))
