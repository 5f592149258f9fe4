"""What goes wrong with organisations, members and invitations."""

from django.utils.translation import gettext

from common.errors import AccessDenied, ConflictError, DomainError, RetryLater


class NotAnOwner(AccessDenied):
    """Only owners decide who belongs to an organisation, and manage its robots. 403."""

    code = "not_an_owner"

    def __init__(self, *, name: str) -> None:
        message = gettext("Only owners of {name} manage its members and robots. Ask one of them.")
        super().__init__(message.format(name=name), organisation=name)


class NoSuchOrganisation(DomainError):
    """There is none of this name, or the asker is not in it: the same answer for both. 404."""

    code = "no_such_organisation"
    status = 404
    field = "buyer"

    def __init__(self) -> None:
        super().__init__(gettext("You are in no such organisation. Ask one of its owners to invite you."))


class RoleDoesNotBuy(AccessDenied):
    """Members pull what the organisation holds; they do not spend its money. 403."""

    code = "role_does_not_buy"
    field = "buyer"

    def __init__(self, *, name: str) -> None:
        message = gettext("Owners and billing people buy for {name}. Ask one of them, or buy it as yourself.")
        super().__init__(message.format(name=name), organisation=name)


class TooManyOrganisations(ConflictError):
    """The user already owns as many organisations as one person may. 409."""

    code = "too_many_organisations"

    def __init__(self, *, most: int) -> None:
        message = gettext("You own {most} organisations, the most that one person may own. Hand one over, or leave one.")
        super().__init__(message.format(most=most), most=most)


class NotAnOrganisation(ConflictError):
    """A person's account has no members. 409."""

    code = "not_an_organisation"

    def __init__(self, *, account_id: object) -> None:
        super().__init__("This account belongs to a person: it has no owners.", account_id=str(account_id))


class OrganisationClosed(ConflictError):
    """The organisation was closed. 409."""

    code = "organisation_closed"

    def __init__(self, *, name: str) -> None:
        super().__init__(gettext("{name} was closed, for good. Nothing was changed.").format(name=name), organisation=name)


class TooManyNames(RetryLater):
    """Each new name is told to the owners, and a shop does not change its face all day. 429 with Retry-After."""

    code = "too_many_names"
    status = 429
    field = "name"
    retry_after = 3600

    def __init__(self, *, most: int) -> None:
        message = gettext("The organisation had {most} new names within a day, which is the limit. Try again tomorrow.")
        super().__init__(message.format(most=most), most=most)


class MembershipOver(ConflictError):
    """They have left or were removed a moment ago. 409."""

    code = "membership_over"

    def __init__(self) -> None:
        super().__init__(gettext("They no longer belong to this organisation. Nothing was changed."))


class LastOwner(ConflictError):
    """An organisation keeps at least one owner. 409."""

    code = "last_owner"

    def __init__(self, *, name: str) -> None:
        message = gettext("{name} needs an owner, and there is no other. Make somebody else an owner first.")
        super().__init__(message.format(name=name), organisation=name)


class AlreadyAMember(ConflictError):
    """The person is a member already. 409."""

    code = "already_a_member"
    field = "email"

    def __init__(self, *, name: str) -> None:
        message = gettext("They already belong to {name}. An owner can change their role in the list of members.")
        super().__init__(message.format(name=name), organisation=name)


class TooManyRoleChanges(RetryLater):
    """Each change sends mail to colleagues, so a day has a limit. 429 with Retry-After."""

    code = "too_many_role_changes"
    status = 429
    retry_after = 3600

    def __init__(self, *, most: int) -> None:
        message = gettext(
            "{most} roles were changed within a day, which is the limit. Try again tomorrow; removing somebody works at once."
        )
        super().__init__(message.format(most=most), most=most)


class OrganisationFull(ConflictError):
    """It has as many members as it may have. 409."""

    code = "organisation_full"
    field = "email"

    def __init__(self, *, most: int) -> None:
        message = gettext("The organisation is full: it may have {most} members. An owner has to remove somebody first.")
        super().__init__(message.format(most=most), most=most)


class TooManyOpenInvitations(ConflictError):
    """Many people have been invited and have not answered. 409."""

    code = "too_many_open_invitations"
    field = "email"

    def __init__(self, *, most: int) -> None:
        message = gettext("{most} invitations are open, which is the most at once. Withdraw one, or wait for an answer.")
        super().__init__(message.format(most=most), most=most)


class TooManyInvitations(RetryLater):
    """Invitations are mail to strangers, so a day has a limit. 429 with Retry-After."""

    code = "too_many_invitations"
    status = 429
    field = "email"
    retry_after = 3600


class InvitationOver(DomainError):
    """The invitation was answered, has expired, or was withdrawn. 410."""

    code = "invitation_over"
    status = 410


class InvitationForAnother(AccessDenied):
    """An invitation is for whoever reads the mail of its address. 403."""

    code = "invitation_for_another"

    def __init__(self, *, email: str) -> None:
        message = gettext("This invitation is for {email}. Sign in to the account with that address, or ask to be invited at yours.")
        super().__init__(message.format(email=email))
