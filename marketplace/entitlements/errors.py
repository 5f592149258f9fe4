"""What can go wrong with pull access."""

from django.utils.translation import gettext

from common.errors import ConflictError


class ProductNotFree(ConflictError):
    """The product has a price now. 409."""

    code = "product_not_free"

    def __init__(self) -> None:
        super().__init__(gettext("This product has a price now. Reload its page to see it."))


class OwnProduct(ConflictError):
    """Sellers cannot buy or get their own products for anybody: they can pull them already, and a sale to oneself is no sale. 409."""

    code = "own_product"

    def __init__(self) -> None:
        super().__init__(gettext("This is your own product. You can pull its images already."))


class EntitlementIsBought(ConflictError):
    """Staff cannot take back what was paid for. 409."""

    code = "entitlement_is_bought"

    def __init__(self) -> None:
        super().__init__(gettext("This was paid for. Refund the order: a full refund ends pull access."))


class EntitlementIsTried(ConflictError):
    """It is one image of a trial, which would go on on its holder's pages and in its mails. 409."""

    code = "entitlement_is_tried"

    def __init__(self) -> None:
        super().__init__(gettext("This is part of a trial. End the trial, on its own page: that ends all of it, and its holder is told."))


class EntitlementIsRevoked(ConflictError):
    """It has ended already. 409."""

    code = "entitlement_is_revoked"

    def __init__(self) -> None:
        super().__init__(gettext("This was revoked already. There is nothing left to take back."))
