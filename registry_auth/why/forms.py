"""The form of “Why can’t I pull?”."""

from typing import cast

from django import forms
from django.utils.translation import gettext_lazy

from accounts.people.models import User
from accounts.tokens.models import AccessToken
from accounts.tokens.selectors import tokens_of
from registry_auth.why.diagnosis import Login
from registry_auth.why.references import LONGEST_TEXT


class WhyForm(forms.Form):
    """The image, and how docker is signed in if it is not simply as the reader."""

    image = forms.CharField(label=gettext_lazy("Image or error message"), max_length=LONGEST_TEXT)
    username = forms.CharField(
        label=gettext_lazy("User name that docker is signed in with"), max_length=254, required=False, help_text=gettext_lazy("Empty: you.")
    )
    token: "forms.ModelChoiceField[AccessToken]" = forms.ModelChoiceField(
        AccessToken.objects.none(),
        label=gettext_lazy("Access token"),
        required=False,
        empty_label=gettext_lazy("Any: only the account counts"),
    )
    secret = forms.CharField(
        label=gettext_lazy("Or paste the credential"),
        max_length=200,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("It is looked up and never stored."),
    )

    def __init__(self, data: object, *, reader: User | None) -> None:
        super().__init__(data)  # type: ignore[arg-type]  # a QueryDict or None
        if reader is None:
            del self.fields["token"]
        else:
            field = cast("forms.ModelChoiceField[AccessToken]", self.fields["token"])
            field.queryset = AccessToken.objects.filter(pk__in=tokens_of(reader).values("pk")).select_related("user__account")

    @property
    def login(self) -> Login:
        """How docker is signed in, as far as the reader filled it in."""
        values = self.cleaned_data
        return Login(username=values["username"].strip(), secret=values["secret"].strip(), token=values.get("token"))
