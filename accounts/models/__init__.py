"""The tables of people, accounts, organisations, sellers, credentials, mail to be sent and the audit trail."""

from accounts.models.audit import AuditEvent
from accounts.models.mail import OutgoingMail
from accounts.models.organisations import Invitation, Membership, Role
from accounts.models.sellers import FormerStripeAccount, SellerProfile
from accounts.models.tokens import AccessToken, TokenScope
from accounts.models.users import Account, User

__all__ = [
    "AccessToken",
    "Account",
    "AuditEvent",
    "FormerStripeAccount",
    "Invitation",
    "Membership",
    "OutgoingMail",
    "Role",
    "SellerProfile",
    "TokenScope",
    "User",
]
