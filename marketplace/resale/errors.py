"""Why a flag cannot be closed."""

from django.utils.translation import gettext

from common.errors import ConflictError


class FlagIsClosed(ConflictError):
    """Staff have decided already. 409."""

    code = "flag_is_closed"

    def __init__(self, *, outcome: str) -> None:
        super().__init__(gettext("It was closed already, as {outcome}.").format(outcome=outcome))
