"""Why a discount does not count, or is not made."""

from datetime import datetime

from django.utils.translation import gettext

from common.errors import ConflictError, InvalidInput
from common.languages import long_day
from common.money import Money


class DiscountRefused(ConflictError):
    """The code or the offer does not count for this purchase. Nothing was charged. 409."""

    field = "code"


class UnknownCode(DiscountRefused):
    """There is no such code for this product. 409."""

    code = "unknown_code"

    def __init__(self) -> None:
        super().__init__(gettext("There is no such code for this product. Check how it is written."))


class DiscountNotBegun(DiscountRefused):
    """It counts later. 409."""

    code = "discount_not_begun"

    def __init__(self, *, starts_at: datetime) -> None:
        super().__init__(gettext("This code counts from {day} on.").format(day=long_day(starts_at.date())))


class DiscountIsPaused(DiscountRefused):
    """It counts for nobody at the moment. 409."""

    code = "discount_paused"

    def __init__(self) -> None:
        super().__init__(gettext("This code does not count at the moment. Ask whoever gave it to you."))


class DiscountIsOver(DiscountRefused):
    """It has ended. 409."""

    code = "discount_over"

    def __init__(self, *, offer: bool = False) -> None:
        super().__init__(
            gettext("This offer has ended. Ask its seller for a new one.") if offer else gettext("This code has ended. The price counts.")
        )


class DiscountUsedUp(DiscountRefused):
    """Every use of it is taken. 409."""

    code = "discount_used_up"

    def __init__(self, *, offer: bool = False) -> None:
        code = gettext("This code is used up. If one of the purchases is not paid within the hour, its use comes back.")
        super().__init__(gettext("This offer has been accepted already. See your orders.") if offer else code)


class DiscountUsedByBuyer(DiscountRefused):
    """The buyer has used it as often as one may. 409."""

    code = "discount_used_by_buyer"

    def __init__(self) -> None:
        super().__init__(gettext("You have used this code as often as one buyer may. Purchases that you have not paid yet count as well."))


class DiscountNotForProduct(DiscountRefused):
    """It is for other products. 409."""

    code = "discount_not_for_product"

    def __init__(self) -> None:
        super().__init__(gettext("This code is not for this product."))


class DiscountInOtherCurrency(DiscountRefused):
    """It takes off an amount in another currency, or is an offer in one that the product no longer has. 409."""

    code = "discount_in_other_currency"

    def __init__(self, *, currency: str, offer: bool = False) -> None:
        sentence = (
            gettext("The product has no price in {currency} any more. Ask its seller for a new offer.")
            if offer
            else gettext("This code is for prices in {currency}.")
        )
        super().__init__(sentence.format(currency=currency.upper()), currency=currency)


class BuyerDecides(DiscountRefused):
    """Nothing is taken off what the buyer decides. 409."""

    code = "buyer_decides"

    def __init__(self) -> None:
        super().__init__(gettext("Here you decide yourself what you pay, so codes and offers do not count."))


class DiscountNotForSubscriptions(DiscountRefused):
    """It takes nothing off what is paid by the month or the year. 409."""

    code = "discount_not_for_subscriptions"

    def __init__(self, *, offer: bool = False) -> None:
        super().__init__(
            gettext("This offer does not count any more: the product is paid by the month or the year now. Subscribe on its page.")
            if offer
            else gettext("This code does not count for what is paid by the month or the year. Subscribe without the code.")
        )


class DiscountLeavesNothing(DiscountRefused):
    """What is paid by the month or the year costs something each time. 409."""

    code = "discount_leaves_nothing"

    def __init__(self, *, least: Money) -> None:
        sentence = gettext("This code would leave nothing to pay, and each payment has to be {least} or more. The price counts.")
        super().__init__(sentence.format(least=least))


class DiscountNotForGifts(DiscountRefused):
    """What is given to somebody else costs its price. 409."""

    code = "discount_not_for_gifts"

    def __init__(self) -> None:
        super().__init__(gettext("Codes and offers do not count for gifts. Buy it as a gift without one. Nothing was charged."))


class OfferForAnother(DiscountRefused):
    """Only its addressee accepts an offer. 409."""

    code = "offer_for_another"

    def __init__(self) -> None:
        super().__init__(gettext("This offer is for somebody else. Sign in with the address that it was sent to, verified."))


class InvalidDiscount(InvalidInput):
    """Its terms do not make sense. 422."""

    code = "invalid_discount"

    def __init__(self, *, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class CodeTaken(ConflictError):
    """Another live discount of the same seller has the code. 409."""

    code = "code_taken"
    field = "code"

    def __init__(self) -> None:
        super().__init__(gettext("You have a code like this already. End that one first, or choose another."))


class DiscountHasEnded(ConflictError):
    """What has ended does not go on. 409."""

    code = "discount_has_ended"

    def __init__(self) -> None:
        super().__init__(gettext("It has ended. Make a new one."))
