"""What goes wrong with sellers and their Stripe accounts."""

from django.utils.translation import gettext

from common.errors import ConflictError, InvalidInput
from common.money import Money


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


class FeeTermsInThePast(InvalidInput):
    """Sales of that time have their fee already. 422."""

    code = "fee_terms_in_the_past"
    field = "starts_at"

    def __init__(self) -> None:
        super().__init__("Choose a moment that is not over: what was sold keeps the fee that it was sold with.")


class FeeNotWhole(InvalidInput):
    """The currency is counted in steps. 422."""

    code = "fee_not_whole"
    field = "fixed"

    def __init__(self, *, step: Money) -> None:
        super().__init__(f"{step.currency.upper()} is counted in steps of {step}.", step=step.minor, currency=step.currency)


class FeeTermsExist(ConflictError):
    """Other terms begin at the same moment. 409."""

    code = "fee_terms_exist"

    def __init__(self) -> None:
        super().__init__("Other terms of this seller begin at that moment. Choose another one.")
