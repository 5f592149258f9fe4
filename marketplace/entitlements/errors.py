"""What goes wrong with pull access."""

from common.errors import ConflictError


class ProductNotFree(ConflictError):
    """The product has a price by now. 409."""

    code = "product_not_free"

    def __init__(self) -> None:
        super().__init__("This product has a price now. Reload its page to see it.")


class OwnProduct(ConflictError):
    """Sellers do not buy or get what is theirs, for whomever: they can pull it, and a sale to oneself only looks like one. 409."""

    code = "own_product"

    def __init__(self) -> None:
        super().__init__("This product is your own: you can pull its images already.")


class EntitlementIsBought(ConflictError):
    """Staff cannot take back what was paid for. 409."""

    code = "entitlement_is_bought"

    def __init__(self) -> None:
        super().__init__("This was paid for. Refund the order: a full refund ends the right to pull.")


class EntitlementIsRevoked(ConflictError):
    """It has ended already. 409."""

    code = "entitlement_is_revoked"

    def __init__(self) -> None:
        super().__init__("This has been revoked already. Nothing is left to take back.")
