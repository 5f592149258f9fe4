"""What the rules about people, sellers and credentials refuse."""

from common.errors import AccessDenied, ConflictError, DomainError, InvalidInput, RetryLater


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


class NotAnOwner(AccessDenied):
    """Who belongs to an organisation, and its robots, are for its owners to decide. 403."""

    code = "not_an_owner"

    def __init__(self, *, name: str) -> None:
        super().__init__(f"Only owners of {name} manage its members and robots. Ask one of them.", organisation=name)


class InvalidRobotName(InvalidInput):
    """A robot is called like a user: docker shows it. 422."""

    code = "invalid_robot_name"
    field = "name"

    def __init__(self, *, longest: int) -> None:
        super().__init__(f"Use up to {longest} lower-case letters and digits, with single . _ or - between them.")


class RobotNameTaken(ConflictError):
    """A live robot of the organisation is called so. 409."""

    code = "robot_name_taken"
    field = "name"

    def __init__(self, *, username: str) -> None:
        super().__init__(f"There is a robot {username}. Choose another name, or replace or revoke that one.", username=username)


class TooManyRobots(ConflictError):
    """The organisation has as many live robots as one may have. 409."""

    code = "too_many_robots"

    def __init__(self, *, most: int) -> None:
        super().__init__(f"There are {most} live robots, which is all one organisation may have. Revoke one that nothing uses.", most=most)


class TooManyNewRobots(RetryLater):
    """Each is told to all owners by mail, and nobody fills their mailboxes. 429 with Retry-After."""

    code = "too_many_new_robots"
    status = 429
    retry_after = 3600

    def __init__(self, *, most: int) -> None:
        super().__init__(
            f"{most} robots were made or replaced within a day, which is all. Try again tomorrow; revoking works at once.", most=most
        )


class RobotEnded(ConflictError):
    """It is revoked, expired or replaced: there is nothing to replace. 409."""

    code = "robot_ended"

    def __init__(self, *, username: str) -> None:
        super().__init__(f"{username} has ended or been replaced already. Make a new robot.", username=username)


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


class StripeNotConnected(ConflictError):
    """The seller has no Stripe account here. 409."""

    code = "stripe_not_connected"

    def __init__(self, *, account_id: object) -> None:
        super().__init__("No Stripe account is connected.", account_id=str(account_id))


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


class NoSuchOrganisation(DomainError):
    """None of this name, or none of the asker's: the same for both. 404."""

    code = "no_such_organisation"
    status = 404
    field = "buyer"

    def __init__(self) -> None:
        super().__init__("You are in no such organisation. Ask one of its owners to invite you.")


class RoleDoesNotBuy(AccessDenied):
    """Members pull what the organisation holds; they do not spend its money. 403."""

    code = "role_does_not_buy"
    field = "buyer"

    def __init__(self, *, name: str) -> None:
        super().__init__(f"Owners and billing people buy for {name}. Ask one of them, or buy it as yourself.", organisation=name)


class HandleTaken(ConflictError):
    """An organisation or a user is called so: both stand in one row of names. 409."""

    code = "handle_taken"
    field = "handle"

    def __init__(self) -> None:
        super().__init__("This handle is taken: an organisation or a user is called so. Choose another one.")


class HandleReserved(ConflictError):
    """It would speak for the shop. 409."""

    code = "handle_reserved"
    field = "handle"

    def __init__(self) -> None:
        super().__init__("This handle is kept for the shop. Choose another one.")


class TooManyOrganisations(ConflictError):
    """The user is an owner of as many organisations as one may make. 409."""

    code = "too_many_organisations"

    def __init__(self, *, most: int) -> None:
        super().__init__(f"You are an owner of {most} organisations; one person makes no more. Hand one on, or leave one.", most=most)


class NotAnOrganisation(ConflictError):
    """A person's account has no members. 409."""

    code = "not_an_organisation"

    def __init__(self, *, account_id: object) -> None:
        super().__init__("This account is a person's: it has no owners.", account_id=str(account_id))


class MembershipOver(ConflictError):
    """They have left or were removed a moment ago. 409."""

    code = "membership_over"

    def __init__(self) -> None:
        super().__init__("They do not belong to this organisation any more. Nothing was changed.")


class LastOwner(ConflictError):
    """An organisation keeps at least one owner. 409."""

    code = "last_owner"

    def __init__(self, *, name: str) -> None:
        super().__init__(f"{name} needs an owner, and there is no other one. Make somebody else an owner first.", organisation=name)


class AlreadyAMember(ConflictError):
    """Nobody belongs to an organisation twice. 409."""

    code = "already_a_member"
    field = "email"

    def __init__(self, *, name: str) -> None:
        super().__init__(f"They belong to {name} already. An owner changes their role in the list of members.", organisation=name)


class TooManyRoleChanges(RetryLater):
    """Each is told by mail, and nobody fills the mailboxes of colleagues. 429 with Retry-After."""

    code = "too_many_role_changes"
    status = 429
    retry_after = 3600

    def __init__(self, *, most: int) -> None:
        super().__init__(
            f"{most} roles were changed within a day, which is all. Try again tomorrow; removing somebody works at once.", most=most
        )


class OrganisationFull(ConflictError):
    """It has as many members as one may have. 409."""

    code = "organisation_full"
    field = "email"

    def __init__(self, *, most: int) -> None:
        super().__init__(f"The organisation is full: it may have {most} members. An owner has to remove one first.", most=most)


class TooManyOpenInvitations(ConflictError):
    """Many have been asked and have not answered. 409."""

    code = "too_many_open_invitations"
    field = "email"

    def __init__(self, *, most: int) -> None:
        super().__init__(f"{most} invitations are open, which is all at once. Withdraw one, or wait for an answer.", most=most)


class TooManyInvitations(RetryLater):
    """Nobody sends mail to strangers through us without end. 429 with Retry-After."""

    code = "too_many_invitations"
    status = 429
    field = "email"
    retry_after = 3600

    def __init__(self, *, whom: str) -> None:
        super().__init__(f"{whom} enough invitations for one day. Try again tomorrow.")


class InvitationOver(DomainError):
    """Its link has worked once, or too late, or was taken back. 410."""

    code = "invitation_over"
    status = 410


class InvitationForAnother(AccessDenied):
    """An invitation is for who reads the mail of its address. 403."""

    code = "invitation_for_another"

    def __init__(self, *, email: str) -> None:
        super().__init__(f"This invitation is for {email}. Sign in with the account of that address, or ask to be invited at yours.")


class AccountAlreadyDeleted(ConflictError):
    """There is nobody left to delete. 409."""

    code = "account_already_deleted"

    def __init__(self, *, user_id: object) -> None:
        super().__init__("This account was deleted already.", user_id=str(user_id))


class AccountHasObligations(ConflictError):
    """Somebody relies on the account. 409."""

    code = "account_has_obligations"

    def __init__(self, obstacles: list[str]) -> None:
        super().__init__(" ".join(obstacles))


class MailServerAway(RetryLater):
    """The mail server cannot be reached, or fails for everybody. What waits keeps its turn."""

    code = "mail_server_away"

    def __init__(self) -> None:
        super().__init__("The mail server does not take mail right now. What waits is sent later.")
