"""What the rules about people, sellers and credentials refuse."""

from common.errors import AccessDenied, ConflictError, InvalidInput


class EmailNotVerified(AccessDenied):
    """The act needs a verified e-mail address. 403."""

    code = "email_not_verified"

    def __init__(self) -> None:
        super().__init__("Confirm your e-mail address first: open the link in our mail, or ask for a new one in your settings.")


class UsernameTaken(ConflictError):
    """Somebody else was a moment faster. 409."""

    code = "username_taken"
    field = "username"
    message = "This user name is taken. Choose another one."

    def __init__(self) -> None:
        super().__init__(self.message)


class EmailAddressTaken(ConflictError):
    """The address belongs to another account. Told only to who can read its mail, or sent two forms at once. 409."""

    code = "email_address_taken"
    field = "email"

    def __init__(self) -> None:
        super().__init__("This address belongs to another account. Reset that account's password, or use another address.")


class ReasonMissing(InvalidInput):
    """The act goes into the audit trail and needs a reason. 422."""

    code = "reason_missing"
    field = "reason"

    def __init__(self) -> None:
        super().__init__("Say why: the reason goes into the audit trail.")


class NoTokenScope(InvalidInput):
    """A token without a scope opens nothing. 422."""

    code = "token_scope_missing"
    field = "scopes"

    def __init__(self) -> None:
        super().__init__("Choose at least one thing the token may do.")


class TokenExpiryPast(InvalidInput):
    """A token would be dead at birth. 422."""

    code = "token_expiry_past"
    field = "expires_at"

    def __init__(self) -> None:
        super().__init__("Choose a day in the future.")


class TokenTooPowerful(AccessDenied):
    """A token would make one with more scopes or a longer life than its own, or one that only the browser makes. 403."""

    code = "token_too_powerful"


class TooManyTokens(ConflictError):
    """The user has as many live tokens as one may have. 409."""

    code = "too_many_tokens"

    def __init__(self, *, most: int) -> None:
        super().__init__(f"You have {most} live tokens, which is all one account may have. Revoke one that nothing uses.", most=most)


class SellerAlreadySuspended(ConflictError):
    """The seller is suspended already. 409."""

    code = "seller_already_suspended"

    def __init__(self, *, account_id: object) -> None:
        super().__init__("This seller is suspended already.", account_id=str(account_id))


class SellerNotSuspended(ConflictError):
    """There is no suspension to lift. 409."""

    code = "seller_not_suspended"

    def __init__(self, *, account_id: object) -> None:
        super().__init__("This seller is not suspended.", account_id=str(account_id))


class StripeAccountAlreadyConnected(ConflictError):
    """The seller has another Stripe account, or the Stripe account another seller. 409."""

    code = "stripe_account_already_connected"

    def __init__(self, *, account_id: object) -> None:
        super().__init__("A Stripe account is connected already. Write to us to change it.", account_id=str(account_id))


class UserAlreadyDisabled(ConflictError):
    """The user is disabled already. 409."""

    code = "user_already_disabled"

    def __init__(self, *, user_id: object) -> None:
        super().__init__("This user is disabled already.", user_id=str(user_id))


class UserNotDisabled(ConflictError):
    """There is nothing to enable. 409."""

    code = "user_not_disabled"

    def __init__(self, *, user_id: object) -> None:
        super().__init__("This user is not disabled.", user_id=str(user_id))


class MailAlreadySent(ConflictError):
    """A sent mail keeps no text, so there is nothing to send again. 409."""

    code = "mail_already_sent"

    def __init__(self, *, mail_id: object) -> None:
        super().__init__("This mail is sent, and its text is gone. Let the user ask for a new one.", mail_id=str(mail_id))
