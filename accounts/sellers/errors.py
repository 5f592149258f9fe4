"""What goes wrong with sellers and their Stripe accounts."""

from django.utils.translation import gettext

from common.errors import ConflictError


class SellerAlreadySuspended(ConflictError):
    """The seller is already suspended. 409."""

    code = "seller_already_suspended"

    def __init__(self, *, account_id: object) -> None:
        super().__init__("This seller is already suspended.", account_id=str(account_id))


class SellerNotSuspended(ConflictError):
    """There is no suspension to lift. 409."""

    code = "seller_not_suspended"

    def __init__(self, *, account_id: object) -> None:
        super().__init__("This seller is not suspended.", account_id=str(account_id))


class StripeAccountAlreadyConnected(ConflictError):
    """The seller has another Stripe account, or the Stripe account another seller. 409."""

    code = "stripe_account_already_connected"

    def __init__(self, *, account_id: object) -> None:
        super().__init__(gettext("A Stripe account is already connected. Write to us to change it."), account_id=str(account_id))


class StripeNotConnected(ConflictError):
    """The seller has no Stripe account here. 409."""

    code = "stripe_not_connected"

    def __init__(self, *, account_id: object) -> None:
        super().__init__("No Stripe account is connected.", account_id=str(account_id))
