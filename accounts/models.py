"""Where Django looks for the tables of this app."""

from accounts.domains.models import ShopDomain
from accounts.organisations.models import Invitation, Membership
from accounts.people.models import Account, User
from accounts.privacy.models import DataExport
from accounts.sellers.models import FormerStripeAccount, SellerProfile
from accounts.sessions.models import SignIn
from accounts.tokens.models import AccessToken

__all__ = [
    "AccessToken",
    "Account",
    "DataExport",
    "FormerStripeAccount",
    "Invitation",
    "Membership",
    "SellerProfile",
    "ShopDomain",
    "SignIn",
    "User",
]
