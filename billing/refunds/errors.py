"""Why a refund is not made."""

from common.errors import ConflictError, InvalidInput
from common.money import Money


class OrderNotRefundable(ConflictError):
    """The order's state does not allow a refund. 409."""

    code = "order_not_refundable"

    def __init__(self, *, state: str) -> None:
        super().__init__(f"This order is {state.replace('_', ' ')}: there is nothing to refund.", state=state)


class RefundOutOfRange(InvalidInput):
    """The amount is nothing, or more than is left. 422."""

    code = "refund_out_of_range"
    field = "amount"

    def __init__(self, *, left: Money) -> None:
        super().__init__(f"Refund more than nothing, and at most {left}.", left=left.minor, currency=left.currency)


class RefundInOtherCurrency(InvalidInput):
    """The amount is in another currency than the order. 422."""

    code = "refund_in_other_currency"
    field = "amount"

    def __init__(self, *, currency: str) -> None:
        super().__init__(f"This order was paid in {currency.upper()}. Name an amount in {currency.upper()}.", currency=currency)


class RefundNotWhole(InvalidInput):
    """The currency is refunded in steps. 422."""

    code = "refund_not_whole"

    def __init__(self, *, step: Money) -> None:
        super().__init__(f"{step.currency.upper()} is refunded in steps of {step}.", step=step.minor, currency=step.currency)


class RefundNotWaiting(ConflictError):
    """The refund has been made or refused: there is nothing to try again. 409."""

    code = "refund_not_waiting"

    def __init__(self) -> None:
        super().__init__("Stripe has already made or refused this refund. Request a failed one again on its order.")
