"""What an order cannot be brought in line with."""

from common.errors import ConflictError


class NotInTheBooksYet(ConflictError):
    """Stripe lists no movement of money for a sale that it calls paid. 409."""

    code = "not_in_the_books_yet"

    def __init__(self) -> None:
        super().__init__("Stripe has not moved the money of this sale yet, or differs from what was sold. It is asked again later.")
