"""Staff's view of people, sellers, organisations and credentials."""

import allauth.account.admin
import allauth.mfa.admin  # noqa: F401  it registers what is taken away below
import django.contrib.auth.admin  # noqa: F401  the same
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import Group

from accounts.admin import overview
from accounts.admin.organisations import InvitationAdmin, MembershipAdmin
from accounts.admin.people import AccountAdmin, UserAdmin
from accounts.admin.sellers import SellerProfileAdmin
from accounts.admin.tokens import AccessTokenAdmin

__all__ = [
    "AccessTokenAdmin",
    "AccountAdmin",
    "InvitationAdmin",
    "MembershipAdmin",
    "SellerProfileAdmin",
    "UserAdmin",
    "overview",
]

# Others' pages that would change people without a reason, or show their second factors' secrets.
admin.site.unregister([EmailAddress, Authenticator, Group])
