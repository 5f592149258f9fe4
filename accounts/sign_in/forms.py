"""The sign-up form."""

from allauth.account.forms import SignupForm
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest, HttpResponse

from accounts.people.models import User


class SignUpForm(SignupForm):
    """allauth's form. For an address that has an account it creates no user, and says so by mail only."""

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        """Sign up; a known address costs a password hash as well, so that the time reveals nothing."""
        if self.account_already_exists:
            make_password(self.cleaned_data["password1"])
        user, response = super().try_save(request)
        return user, response
