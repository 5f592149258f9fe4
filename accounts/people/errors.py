"""What goes wrong with people, their names and addresses."""

from django.utils.translation import gettext, gettext_lazy

from common.errors import AccessDenied, ConflictError


class EmailNotVerified(AccessDenied):
    """The act needs a verified e-mail address. 403."""

    code = "email_not_verified"

    def __init__(self) -> None:
        super().__init__(gettext("Confirm your e-mail address first: open the link in our mail, or ask for a new one in your settings."))


class UsernameTaken(ConflictError):
    """Somebody else took the name a moment earlier. 409."""

    code = "username_taken"
    field = "username"
    sentence = gettext_lazy("This user name is taken. Choose another one.")

    def __init__(self) -> None:
        super().__init__(str(self.sentence))


class EmailAddressTaken(ConflictError):
    """The address belongs to another account. Said only to somebody who can read its mail, or who sent two forms at once. 409."""

    code = "email_address_taken"
    field = "email"

    def __init__(self) -> None:
        super().__init__(gettext("This address belongs to another account. Reset that account's password, or use another address."))


class UserAlreadyDisabled(ConflictError):
    """The user is already disabled. 409."""

    code = "user_already_disabled"

    def __init__(self, *, user_id: object) -> None:
        super().__init__("This user is already disabled.", user_id=str(user_id))


class UserNotDisabled(ConflictError):
    """There is nothing to enable. 409."""

    code = "user_not_disabled"

    def __init__(self, *, user_id: object) -> None:
        super().__init__("This user is not disabled.", user_id=str(user_id))


class HandleTaken(ConflictError):
    """An organisation or a user has this handle: they share one set of names. 409."""

    code = "handle_taken"
    field = "handle"

    def __init__(self) -> None:
        super().__init__(gettext("This handle is taken by an organisation or a user. Choose another one."))


class HandleReserved(ConflictError):
    """The handle would pass for the shop's. 409."""

    code = "handle_reserved"
    field = "handle"

    def __init__(self) -> None:
        super().__init__(gettext("This handle is reserved for the shop. Choose another one."))
