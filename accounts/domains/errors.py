"""What can go wrong with a seller's domain."""

from django.utils.translation import gettext

from common.errors import ConflictError, InvalidInput


class InvalidDomain(InvalidInput):
    """This is no domain that could be checked. 422."""

    code = "invalid_domain"
    field = "domain"


class NoDomain(ConflictError):
    """The seller has named no domain. 409."""

    code = "no_domain"

    def __init__(self) -> None:
        super().__init__(gettext("You have named no domain. Name one first."))
