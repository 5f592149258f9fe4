"""Why something cannot be bought now."""

from common.errors import ConflictError, RetryLater


class CheckoutOpening(RetryLater):
    """Another request of the same buyer is opening this checkout at this moment. 503."""

    code = "checkout_opening"
    retry_after = 3

    def __init__(self) -> None:
        super().__init__(
            "The payment page of this purchase is already being opened, perhaps in another tab. Nothing was charged. Try again in a moment."
        )


class ProductIsFree(ConflictError):
    """There is nothing to pay. 409."""

    code = "product_is_free"

    def __init__(self) -> None:
        super().__init__("This product is free. Get it on its page, without paying.")


class SellerMayNotSell(ConflictError):
    """Stripe or we have stopped the seller's sales. 409."""

    code = "seller_may_not_sell"

    def __init__(self) -> None:
        super().__init__("This seller cannot take payments at the moment. Nothing was charged.")


class AlreadyOwned(ConflictError):
    """The buyer holds every image of the product. 409.

    Args:
        name: the organisation's that was to buy it; empty for the person themselves.
    """

    code = "already_owned"

    def __init__(self, *, name: str = "") -> None:
        has = f"{name} already has this: it is in its" if name else "You already have this: it is in your"
        super().__init__(f"{has} library. Nothing was charged.")


class PaymentUnderWay(ConflictError):
    """An earlier payment for the same product is being made, or checked by staff. 409."""

    code = "payment_under_way"

    def __init__(self) -> None:
        super().__init__("A payment for this product is already under way. See your orders; you will not be charged twice.")


class TooManyPendingOrders(ConflictError):
    """The user has as many unpaid purchases as one person may have. 409."""

    code = "too_many_pending_orders"

    def __init__(self, *, most: int) -> None:
        message = f"You have {most} unpaid purchases. Pay for one of them under Orders, or wait: unpaid orders expire after an hour."
        super().__init__(message, most=most)
