"""Forms of organisations, members and invitations."""

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext, gettext_lazy

from accounts.organisations.models import Role
from accounts.people.models import USERNAME_PATTERN
from accounts.people.usernames import looks_like_an_address, speaks_for_shop
from common.text import normal_email
from common.web.forms import NameField


class OrganisationNameForm(forms.Form):
    """An organisation's name."""

    name = NameField(
        label=gettext_lazy("Name"),
        max_length=80,
        help_text=gettext_lazy("As people read it, in mails too: no web address, no / @ < > in it."),
    )

    def clean_name(self) -> str:
        """Return the name; refuse what would look like an address, a tag or the shop in a mail, or hides its direction."""
        name: str = self.cleaned_data["name"]
        if set(name) & set("/\\@<>"):
            raise forms.ValidationError(gettext("Use a plain name: letters, digits and spaces, without / @ < > and hidden characters."))
        if looks_like_an_address(name):
            raise forms.ValidationError(
                gettext("This looks like an address on the web. Leave a space after the dot, or leave the ending out.")
            )
        if speaks_for_shop(name):
            raise forms.ValidationError(gettext("This name is reserved for the shop. Choose another one."))
        return name


class OrganisationForm(OrganisationNameForm):
    """A new organisation."""

    handle = forms.CharField(
        label=gettext_lazy("Handle"),
        max_length=39,
        validators=[
            RegexValidator(rf"^{USERNAME_PATTERN}\Z", gettext_lazy("Use lower-case letters and digits, with single . _ or - between them."))
        ],
        help_text=gettext_lazy("Its short name, for addresses and robots, as in acme or north-light. It cannot be changed."),
    )


class HandleForm(forms.Form):
    """An organisation's handle once more, so that nobody closes it by mistake."""

    handle = forms.CharField(
        label=gettext_lazy("Type the handle"), max_length=39, help_text=gettext_lazy("So that it does not happen by mistake.")
    )

    def __init__(self, data: object, *, handle: str) -> None:
        super().__init__(data)  # type: ignore[arg-type]  # a QueryDict or None
        self._handle = handle

    def clean_handle(self) -> str:
        """Return the handle; refuse any other."""
        handle: str = self.cleaned_data["handle"]
        if handle != self._handle:
            raise forms.ValidationError(gettext("Type {handle}, exactly so.").format(handle=self._handle))
        return handle


class RoleForm(forms.Form):
    """A member's new role."""

    role = forms.TypedChoiceField(label=gettext_lazy("Role"), choices=Role.choices, coerce=Role)


def _roles_in_words() -> list[tuple[str, str]]:
    return [(role.value, f"{role.label}. {role.meaning}") for role in Role]


class InvitationForm(forms.Form):
    """Whom to invite to an organisation, and to which role."""

    email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        max_length=254,
        help_text=gettext_lazy("The link goes there. Only an account with this address can accept."),
    )
    role = forms.TypedChoiceField(
        label=gettext_lazy("Role"),
        choices=_roles_in_words,
        coerce=Role,
        initial=Role.MEMBER,
        widget=forms.RadioSelect,
    )

    def clean_email(self) -> str:
        """Return the address as it is stored."""
        return normal_email(self.cleaned_data["email"])
