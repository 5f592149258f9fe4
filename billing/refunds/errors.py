"""Why a refund is not made."""

from datetime import datetime

from django.utils.translation import gettext

from billing.orders.models import Order
from common.errors import ConflictError, InvalidInput
from common.languages import long_day
from common.money import Money


class OrderNotRefundable(ConflictError):
    """The order's state does not allow a refund. 409."""

    code = "order_not_refundable"

    def __init__(self, *, state: str) -> None:
        label = Order.State(state).label
        super().__init__(gettext("There is nothing to refund: the order is “{state}”.").format(state=label), state=state)


class RefundedMeanwhile(ConflictError):
    """Less is left than the page showed: a click came twice, or somebody else refunded. 409."""

    code = "refunded_meanwhile"

    def __init__(self, *, left: Money) -> None:
        super().__init__(
            gettext("Money of this order went back meanwhile, and {left} is left. Look at its refunds first.").format(left=left)
        )


class RefundOutOfRange(InvalidInput):
    """The amount is nothing, or more than is left. 422."""

    code = "refund_out_of_range"
    field = "amount"

    def __init__(self, *, left: Money) -> None:
        sentence = gettext("Refund more than nothing, and at most {left}.").format(left=left)
        super().__init__(sentence, left=left.minor, currency=left.currency)


class RefundInOtherCurrency(InvalidInput):
    """The amount is in another currency than the order. 422."""

    code = "refund_in_other_currency"
    field = "amount"

    def __init__(self, *, currency: str) -> None:
        code = currency.upper()
        sentence = gettext("This order was paid in {currency}. Name an amount in {currency}.").format(currency=code)
        super().__init__(sentence, currency=currency)


class RefundNotWhole(InvalidInput):
    """The currency is refunded in steps. 422."""

    code = "refund_not_whole"
    field = "amount"

    def __init__(self, *, step: Money) -> None:
        code = step.currency.upper()
        super().__init__(gettext("{currency} is refunded in steps of {step}.").format(currency=code, step=step), step=step.minor)


class RefundNotWaiting(ConflictError):
    """The refund has been made or refused: there is nothing to try again. 409."""

    code = "refund_not_waiting"

    def __init__(self) -> None:
        super().__init__("Stripe has already made or refused this refund. Request a failed one again on its order.")


class SellerRefundsEnded(ConflictError):
    """So long after the payment only staff refund. 409."""

    code = "seller_refunds_ended"

    def __init__(self, *, ended_at: datetime) -> None:
        sentence = gettext("You could refund this order until {day}. Write to us: we can still do it.")
        super().__init__(sentence.format(day=long_day(ended_at.date())))


class OwnRefundNotOffered(ConflictError):
    """The buyer does not take the money back alone: it was not offered, or its time is over. 409."""

    code = "own_refund_not_offered"

    def __init__(self) -> None:
        super().__init__(gettext("You can no longer give this order back on your own. Ask the seller, or write to us."))


class PulledAlready(ConflictError):
    """What was pulled is not given back by the buyer alone. 409."""

    code = "pulled_already"

    def __init__(self) -> None:
        super().__init__(
            gettext("It was pulled since you bought it, so you cannot give it back on your own. Ask the seller, or write to us.")
        )
