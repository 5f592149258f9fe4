"""Why an account cannot be deleted."""

from django.utils.translation import gettext

from common.errors import ConflictError


class AccountAlreadyDeleted(ConflictError):
    """The account is already deleted. 409."""

    code = "account_already_deleted"

    def __init__(self, *, user_id: object) -> None:
        super().__init__(gettext("This account was already deleted."), user_id=str(user_id))


class AccountHasObligations(ConflictError):
    """Others rely on the account. 409."""

    code = "account_has_obligations"

    def __init__(self, obstacles: list[str]) -> None:
        super().__init__(" ".join(obstacles))
