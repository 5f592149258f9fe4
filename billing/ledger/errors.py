"""What the books refuse."""

from common.errors import ConflictError


class EntriesDoNotBalance(ConflictError):
    """Debits and credits of a transaction differ in a currency, or there are fewer than two entries. 409; a fault of ours."""

    code = "entries_do_not_balance"

    def __init__(self, *, key: str) -> None:
        super().__init__(f"The entries of {key} do not balance. Nothing was posted.")
