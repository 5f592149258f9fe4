"""How a browser signs in: e-mail or user name, and a password that is checked exactly once."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest


class EmailOrUsernameBackend(AuthenticationBackend):
    """allauth's backend, which would also try an e-mail address as a user name, and so hash twice if the address is known.

    The time would tell a stranger which addresses have accounts. A user name never contains an `@`, so one of the two is enough.
    """

    def _authenticate(self, request: HttpRequest | None, **credentials: Any) -> AbstractBaseUser | None:  # noqa: ARG002  allauth passes it
        password = credentials["password"]
        login = credentials.get("username") or credentials.get("email") or ""
        look_up = self._authenticate_by_email if "@" in login else self._authenticate_by_username
        user: AbstractBaseUser | None = look_up(login, password)
        return user
