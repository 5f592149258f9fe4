"""Why something cannot be bought now."""

from django.utils.translation import gettext

from common.errors import ConflictError, InvalidInput, RetryLater
from common.web.links import absolute_path


class CheckoutOpening(RetryLater):
    """Another request of the same buyer is opening this checkout at this moment. 503."""

    code = "checkout_opening"
    retry_after = 3

    def __init__(self) -> None:
        message = gettext(
            "The payment page of this purchase is already being opened, perhaps in another tab. Nothing was charged. Try again in a moment."
        )
        super().__init__(message)


class ProductIsFree(ConflictError):
    """There is nothing to pay. 409."""

    code = "product_is_free"

    def __init__(self) -> None:
        super().__init__(gettext("This product is free. Get it on its page, without paying."))


class SubscriptionIsNoGift(ConflictError):
    """What is paid by the month or the year is bought for oneself or an organisation alone. 409."""

    code = "subscription_is_no_gift"

    def __init__(self) -> None:
        super().__init__(gettext("What is paid by the month or the year cannot be given to somebody. Nothing was charged."))


class SubscribedToPart(ConflictError):
    """The buyer pays by the period for a part of it, and would pay for that twice. 409.

    Attributes:
        change_path: the page on which the subscription changes to what was to be bought; empty where it cannot.
    """

    code = "subscribed_to_part"

    def __init__(self, *, title: str, change_path: str = "") -> None:
        self.change_path = change_path
        if change_path:
            sentence = gettext("You already pay for {title} by the month or the year. Change that to this one: {url} Nothing was charged.")
        else:
            sentence = gettext(
                "{title} is part of this, and you already pay for it by the month or the year. Cancel that under Subscriptions, then buy"
                " this: what you have paid lasts to its end. Nothing was charged."
            )
        super().__init__(sentence.format(title=title, url=absolute_path(change_path)))


class AmountRefused(InvalidInput):
    """The buyer says what they pay, and this amount is too little, too much, or none. 422."""

    code = "amount_refused"
    field = "amount"


class PaymentUnderWay(ConflictError):
    """An earlier payment for the same product is being made, or checked by staff. 409."""

    code = "payment_under_way"

    def __init__(self) -> None:
        super().__init__(gettext("A payment for this product is already under way. See your orders; you will not be charged twice."))


class TooManyPendingOrders(ConflictError):
    """The user has as many unpaid purchases as one person may have. 409."""

    code = "too_many_pending_orders"

    def __init__(self, *, most: int) -> None:
        message = gettext(
            "You have {most} unpaid purchases. Pay for one of them under Orders, or wait: unpaid orders expire after an hour."
        )
        super().__init__(message.format(most=most), most=most)
