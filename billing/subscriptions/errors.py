"""What can go wrong with a subscription."""

from datetime import datetime

from django.utils.translation import gettext

from common.errors import ConflictError
from common.languages import long_day


class SubscriptionEnded(ConflictError):
    """It has ended, and cannot be changed any more. 409."""

    code = "subscription_ended"

    def __init__(self) -> None:
        super().__init__(gettext("This subscription has ended. Subscribe again on the product's page."))


class SellerNotPaid(ConflictError):
    """It is not renewed while its seller has no account at Stripe to which it could be paid. 409."""

    code = "subscription_seller_not_paid"

    def __init__(self) -> None:
        super().__init__(gettext("Its seller cannot be paid through Stripe at present. Keep it once that has changed."))


class EndsAlready(ConflictError):
    """It is not renewed anyway. 409."""

    code = "subscription_ends_already"

    def __init__(self) -> None:
        super().__init__("This subscription ends with its period already.")


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


class SubscriptionNotPaid(ConflictError):
    """A period of it is not paid. 409."""

    code = "subscription_not_paid"

    def __init__(self) -> None:
        super().__init__(gettext("A payment for this subscription is open. Pay it under Card and invoices first. Nothing was charged now."))


class SubscriptionEnding(ConflictError):
    """Its buyer has cancelled it. 409."""

    code = "subscription_ending"

    def __init__(self) -> None:
        super().__init__(
            gettext("This subscription ends with its period. Choose “Do not cancel” first, then change the edition. Nothing was charged.")
        )


class ChangeAhead(ConflictError):
    """Stripe charges something else from the next period on already. 409."""

    code = "change_ahead"

    def __init__(self) -> None:
        super().__init__(
            gettext(
                "From the next period on this subscription costs something else already. Keep the present edition first, if you have"
                " chosen another, or change it after that day. Nothing was charged."
            )
        )


class CodeStillReduces(ConflictError):
    """A code takes something off the next payment, and would off the difference to a larger edition as well. 409."""

    code = "code_still_reduces"

    def __init__(self, *, code: str, until: datetime | None) -> None:
        if until is None:
            sentence = gettext(
                "The code {code} reduces each payment of this subscription. To have the larger edition at its full price, cancel this"
                " subscription, and subscribe to that one when its paid time is over. Nothing was charged."
            )
        else:
            sentence = gettext(
                "The code {code} reduces the payments of this subscription until {day}. Change it after that. Nothing was charged."
            )
        super().__init__(sentence.format(code=code, day=long_day(until) if until else ""))


class EditionNotForSubscription(ConflictError):
    """A price that this subscription cannot change to. 409."""

    code = "edition_not_for_subscription"

    def __init__(self) -> None:
        super().__init__(
            gettext(
                "This subscription cannot change to that: choose another edition of the same product, paid as often and in the same"
                " currency. Nothing was charged."
            )
        )


class EditionHadAlready(ConflictError):
    """The edition that the subscription is for already, as when a change is repeated in another tab. 409."""

    code = "edition_had_already"

    def __init__(self, *, title: str) -> None:
        super().__init__(gettext("This subscription is for {title} already. Nothing was charged now.").format(title=title))


class UpgradeUnderWay(ConflictError):
    """A change of its edition is being charged. 409."""

    code = "upgrade_under_way"

    def __init__(self) -> None:
        super().__init__(
            gettext("A change of this subscription is being paid already. See your subscriptions; you will not be charged twice.")
        )


class UpgradeCostsOther(ConflictError):
    """What is to be paid now is not what was shown. 409."""

    code = "upgrade_costs_other"

    def __init__(self) -> None:
        super().__init__(gettext("What is to be paid now has changed since you were shown it. Nothing was charged: look at it again."))


class TooLittleToCharge(ConflictError):
    """What is left of the period comes to less than can be charged. 409."""

    code = "too_little_to_charge"

    def __init__(self) -> None:
        super().__init__(
            gettext("Too little is left of this period to charge the difference. Change the edition when the next one has begun.")
        )


class UpgradeNotOpen(ConflictError):
    """Nothing is left to do for it. 409."""

    code = "upgrade_not_open"

    def __init__(self) -> None:
        super().__init__(gettext("This change was made, or came to nothing."))
