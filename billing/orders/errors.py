"""What cannot be done with an order."""

from common.errors import ConflictError


class OrderNotPaid(ConflictError):
    """Only a payment has a receipt. 409."""

    code = "order_not_paid"

    def __init__(self) -> None:
        super().__init__("This order was never paid, so it has no receipt.")


class OrderCannotBeEnded(ConflictError):
    """Only a pending order that is flagged is ended by hand. 409."""

    code = "order_cannot_be_ended"

    def __init__(self) -> None:
        super().__init__("Only a pending order that is flagged is ended by hand. Any other order follows Stripe.")


class OrderNotFlagged(ConflictError):
    """There is no flag to clear. 409."""

    code = "order_not_flagged"

    def __init__(self) -> None:
        super().__init__("This order is not flagged.")


class OrderNotWonBack(ConflictError):
    """Only what a bank took back, and has decided for the seller since, counts as paid again. 409."""

    code = "order_not_won_back"

    def __init__(self) -> None:
        super().__init__(
            "Only an order that a bank took back, and has decided for the seller since, counts as paid again; what was a gift is given"
            " again by hand, on the pages of its images."
        )


class OrderIsNotFree(ConflictError):
    """Only what cost nothing is taken back without a refund. 409."""

    code = "order_is_not_free"

    def __init__(self) -> None:
        super().__init__("Only an order that cost nothing, and has not ended, is taken back. Refund what was paid for.")
