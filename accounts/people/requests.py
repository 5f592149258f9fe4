"""Who sent a request, and whether they have signed in recently."""

import time
from typing import cast

from allauth.account import app_settings
from allauth.account.authentication import get_authentication_records
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from rest_framework.request import Request

from accounts.people.models import User


def signed_in(request: HttpRequest) -> User:
    """Return the user of a request to a page behind `login_required`, typed.

    Raises:
        PermissionDenied: nobody is signed in.
    """
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def has_signed_in_freshly(request: HttpRequest) -> bool:
    """Whether this session gave a password, passkey or second factor within the last ACCOUNT_REAUTHENTICATION_TIMEOUT seconds."""
    earliest = time.time() - app_settings.REAUTHENTICATION_TIMEOUT
    return any(record["at"] > earliest for record in get_authentication_records(request, signed_in(request)))


def asker(request: Request) -> User:
    """Return the user of a request to the API: the permission has refused everybody who is not signed in."""
    return cast("User", request.user)
