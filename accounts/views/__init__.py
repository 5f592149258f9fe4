"""The account pages that allauth does not have."""

from accounts.views.invitations import invitation, invitation_link
from accounts.views.organisations import (
    invitation_resend,
    invitation_withdraw,
    member_remove,
    member_role,
    organisation,
    organisation_leave,
    organisation_list,
)
from accounts.views.settings import account_settings

__all__ = [
    "account_settings",
    "invitation",
    "invitation_link",
    "invitation_resend",
    "invitation_withdraw",
    "member_remove",
    "member_role",
    "organisation",
    "organisation_leave",
    "organisation_list",
]
