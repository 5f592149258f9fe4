"""Why an account cannot be deleted."""

from common.errors import ConflictError


class AccountAlreadyDeleted(ConflictError):
    """There is nobody left to delete. 409."""

    code = "account_already_deleted"

    def __init__(self, *, user_id: object) -> None:
        super().__init__("This account was deleted already.", user_id=str(user_id))


class AccountHasObligations(ConflictError):
    """Somebody relies on the account. 409."""

    code = "account_has_obligations"

    def __init__(self, obstacles: list[str]) -> None:
        super().__init__(" ".join(obstacles))
