"""What the account pages ask for."""

from datetime import datetime, timedelta

from allauth.account.forms import SignupForm
from django import forms
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.models import TokenScope, User

_LIFETIMES = (("30", "30 days"), ("90", "90 days"), ("365", "1 year"), ("", "No end"))


class SignUpForm(SignupForm):
    """allauth's form. For an address that has an account it makes nobody and says so by mail only."""

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        """Sign up; a known address costs a password hash too, so that the time tells a stranger nothing."""
        if self.account_already_exists:
            make_password(self.cleaned_data["password1"])
        user, response = super().try_save(request)
        return user, response


class AccessTokenForm(forms.Form):
    """A new access token: where it is used, what it may do, how long."""

    name = forms.CharField(label="Name", max_length=80, help_text="Where it is used, e.g. build server.")
    scopes = forms.MultipleChoiceField(
        label="It may",
        choices=TokenScope.choices,
        initial=[TokenScope.PULL],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one thing the token may do."},
    )
    lifetime = forms.ChoiceField(label="It ends after", choices=_LIFETIMES, initial="90", required=False)

    def clean_scopes(self) -> list[TokenScope]:
        return [TokenScope(scope) for scope in self.cleaned_data["scopes"]]

    @property
    def expires_at(self) -> datetime | None:
        """When the token shall end, counted from now."""
        days = self.cleaned_data["lifetime"]
        return timezone.now() + timedelta(days=int(days)) if days else None
