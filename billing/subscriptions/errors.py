"""What can go wrong with a subscription."""

from django.utils.translation import gettext

from common.errors import ConflictError


class SubscriptionEnded(ConflictError):
    """It has ended, and cannot be changed any more. 409."""

    code = "subscription_ended"

    def __init__(self) -> None:
        super().__init__(gettext("This subscription has ended. Subscribe again on the product's page."))


class PriceNotForSubscriptions(ConflictError):
    """A price that nobody could subscribe at now. 409."""

    code = "price_not_for_subscriptions"

    def __init__(self) -> None:
        super().__init__(
            gettext("Only a current price that is paid by the month or the year counts for subscriptions. Choose such a price.")
        )


class NobodyPaysAnother(ConflictError):
    """There is no subscription that a price would change. 409."""

    code = "nobody_pays_another_price"

    def __init__(self) -> None:
        super().__init__(gettext("Every subscription that is renewed has this price already. Nobody was told anything."))


class PriceChangeNotOpen(ConflictError):
    """Nothing is left to do for it. 409."""

    code = "price_change_not_open"

    def __init__(self) -> None:
        super().__init__(gettext("Stripe has this price already, or another one was announced since."))
