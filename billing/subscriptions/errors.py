"""What can go wrong with a subscription."""

from django.utils.translation import gettext

from common.errors import ConflictError


class SubscriptionEnded(ConflictError):
    """It has ended, and cannot be changed any more. 409."""

    code = "subscription_ended"

    def __init__(self) -> None:
        super().__init__(gettext("This subscription has ended. Subscribe again on the product's page."))
