"""Why a credit does not count, or stands in the way."""

from django.utils.translation import gettext

from common.errors import ConflictError


class CreditChanged(ConflictError):
    """What was to be credited was refunded or counted elsewhere at the same moment. 409."""

    code = "credit_changed"

    def __init__(self) -> None:
        super().__init__(gettext("What is credited to you has changed at this moment. Look at the price again. Nothing was charged."))


class CreditedElsewhere(ConflictError):
    """What made a later purchase cheaper is not given back by the buyer alone. 409."""

    code = "credited_elsewhere"

    def __init__(self, *, number: str) -> None:
        sentence = gettext(
            "It made order {number} cheaper, so it is not given back by yourself. Give that one back first, or ask the seller."
        )
        super().__init__(sentence.format(number=number), order=number)
