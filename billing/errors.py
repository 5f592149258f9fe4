"""What the sale refuses, and what Stripe answers when it does not do what it is asked."""

from billing.refusals import why_refused
from common.errors import ConflictError, DomainError, InvalidInput, RetryLater
from common.money import Money


class StripeAway(RetryLater):
    """Stripe did not answer, or not with an answer: nothing is known. The same request with the same key is safe. 503."""

    code = "stripe_away"
    retry_after = 15

    def __init__(self, cause: str = "") -> None:
        super().__init__("Our payment provider does not answer right now. Nothing is lost: try again in a minute.", cause=cause)


class StripeBusy(StripeAway):
    """As many requests of this process wait for Stripe as may. 503."""

    code = "stripe_busy"
    retry_after = 5

    def __init__(self) -> None:
        RetryLater.__init__(self, "Our payment provider is slow right now. Nothing was charged. Try again in a moment.")


class StripeKeyRefused(StripeAway):
    """Stripe does not let our own key do this: nobody's fault but ours, and nothing about anybody else is known. 503.

    Attributes:
        advice: for staff, without a secret; names the permission that a restricted key lacks, where Stripe does.
    """

    code = "stripe_key_refused"
    retry_after = 300

    def __init__(self, *, permission: str = "", cause: str = "") -> None:
        RetryLater.__init__(self, "Payments do not work right now, and we have been told. Nothing was charged. Try later.", cause=cause)
        self.advice = f"Give STRIPE_SECRET_KEY the permission {permission}." if permission else "Stripe does not accept STRIPE_SECRET_KEY."


class StripeRefused(ConflictError):
    """Stripe understood and said no: asking again changes nothing. 409.

    Attributes:
        reason: Stripe's own sentence, for staff and the log.
        stripe_code: Stripe's error code, or empty.
        refusal: who can do what about it.
    """

    code = "stripe_refused"

    def __init__(self, *, reason: str, stripe_code: str = "", param: str = "") -> None:
        self.reason, self.stripe_code = reason, stripe_code
        self.refusal = why_refused(code=stripe_code, param=param, message=reason)
        super().__init__(self.refusal.buyer, stripe_code=stripe_code)


class StripeAccountGone(StripeRefused):
    """The account is not connected to us under our key: deleted, deauthorised, or made in the other mode. 409."""


class CheckoutOpening(RetryLater):
    """Another request of the same buyer is opening this checkout at this moment. 503."""

    code = "checkout_opening"
    retry_after = 3

    def __init__(self) -> None:
        super().__init__("This purchase is being opened already, in another tab perhaps. Nothing was charged. Try again in a moment.")


class WebhookSwitchedOff(DomainError):
    """No webhook secret is set, so that nothing can be verified. 404."""

    code = "not_found"
    status = 404

    def __init__(self) -> None:
        super().__init__("There is nothing here.")


class InvalidWebhook(DomainError):
    """Not signed by Stripe, signed too long ago, or not an event. 400."""

    code = "invalid_webhook"
    status = 400

    def __init__(self) -> None:
        super().__init__("This is not an event signed by Stripe.")


class ProductIsFree(ConflictError):
    """There is nothing to pay. 409."""

    code = "product_is_free"

    def __init__(self) -> None:
        super().__init__("This product is free. Get it on its page, without paying.")


class SellerMayNotSell(ConflictError):
    """Stripe or we have stopped the seller's sales. 409."""

    code = "seller_may_not_sell"

    def __init__(self) -> None:
        super().__init__("This seller takes no payments at the moment. Nothing was charged.")


class AlreadyOwned(ConflictError):
    """The buyer holds every image of the product. 409.

    Args:
        name: the organisation's that was to buy it; empty for the person themselves.
    """

    code = "already_owned"

    def __init__(self, *, name: str = "") -> None:
        has = f"{name} has this already: it is in its" if name else "You have this already: it is in your"
        super().__init__(f"{has} library. Nothing was charged.")


class PaymentUnderWay(ConflictError):
    """An earlier payment for the same product is being made or looked at. 409."""

    code = "payment_under_way"

    def __init__(self) -> None:
        super().__init__("A payment of yours for this product is under way. Look at your orders; you are not charged twice.")


class TooManyPendingOrders(ConflictError):
    """The user has begun as many purchases as one may leave unpaid. 409."""

    code = "too_many_pending_orders"

    def __init__(self, *, most: int) -> None:
        message = (
            f"You have begun {most} purchases without paying. Pay one of them under Orders, or wait: what nobody pays ends after an hour."
        )
        super().__init__(message, most=most)


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
        super().__init__(f"Refund something, and at most {left}.", left=left.minor, currency=left.currency)


class RefundNotWhole(InvalidInput):
    """The currency is given back in steps. 422."""

    code = "refund_not_whole"

    def __init__(self, *, step: Money) -> None:
        super().__init__(f"{step.currency.upper()} is given back in steps of {step}.", step=step.minor, currency=step.currency)


class RefundNotWaiting(ConflictError):
    """The refund is made or refused: there is nothing to try again. 409."""

    code = "refund_not_waiting"

    def __init__(self) -> None:
        super().__init__("Stripe has answered this refund already. What failed is asked for anew on its order.")


class OrderNotPaid(ConflictError):
    """Only a payment has a receipt. 409."""

    code = "order_not_paid"

    def __init__(self) -> None:
        super().__init__("This order was never paid, so it has no receipt.")


class OrderNotStuck(ConflictError):
    """Only a pending order that is flagged is ended by hand. 409."""

    code = "order_not_stuck"

    def __init__(self) -> None:
        super().__init__("This order is not pending and flagged: it moves by Stripe's word alone.")


class OrderNotFlagged(ConflictError):
    """There is no flag to take down. 409."""

    code = "order_not_flagged"

    def __init__(self) -> None:
        super().__init__("This order is not flagged.")
