"""What cannot be done with an order."""

from django.utils.translation import gettext

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


class SellerMayNotSell(ConflictError):
    """Stripe or we have stopped the seller's sales. 409."""

    code = "seller_may_not_sell"

    def __init__(self) -> None:
        super().__init__(gettext("This seller cannot take payments at the moment. Nothing was charged."))


class AlreadyOwned(ConflictError):
    """The buyer holds every image of the product. 409.

    Args:
        name: the organisation's that was to buy it; empty for the person themselves.
    """

    code = "already_owned"

    def __init__(self, *, name: str = "") -> None:
        theirs = gettext("{name} already has this: it is in its library. Nothing was charged.")
        yours = gettext("You already have this: it is in your library. Nothing was charged.")
        super().__init__(theirs.format(name=name) if name else yours)
