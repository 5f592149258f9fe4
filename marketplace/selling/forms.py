"""The forms by which somebody becomes a seller, names their domain, and gives a namespace away."""

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext, gettext_lazy

from accounts.people.models import Account
from common.web.forms import NameField


class StartForm(forms.Form):
    """A member, or an organisation of theirs, becomes a seller. The namespace's field is called `name`, as in the service's errors."""

    display_name = NameField(
        label=gettext_lazy("Shop name"), max_length=80, help_text=gettext_lazy("As buyers read it on your pages and receipts.")
    )
    name = forms.CharField(
        label=gettext_lazy("Namespace"),
        max_length=40,
        help_text=gettext_lazy("Short, and yours: often the name of your company or project."),
    )

    def __init__(self, data: object, *, initial: dict[str, object], organisation: Account | None) -> None:
        super().__init__(data, initial=initial)  # type: ignore[arg-type]  # a QueryDict or None
        self.organisation = organisation
        self.fields["display_name"].required = organisation is None  # an organisation's shop has its name


class DomainForm(forms.Form):
    """The domain of a seller's own website."""

    domain = forms.CharField(
        label=gettext_lazy("Your domain"), max_length=260, help_text=gettext_lazy("Of your company or project, like acme.com.")
    )


class HandOverForm(forms.Form):
    """To which organisation a namespace goes, and its name once more, so that nobody does it by mistake."""

    organisation = forms.ModelChoiceField(label=gettext_lazy("Organisation"), queryset=Account.objects.none(), empty_label=None)
    typed = forms.CharField(
        label=gettext_lazy("Type the namespace"), max_length=40, help_text=gettext_lazy("So that it does not happen by mistake.")
    )

    def __init__(self, data: object, *, organisations: QuerySet[Account], name: str) -> None:
        super().__init__(data)  # type: ignore[arg-type]  # a QueryDict or None
        self._name = name
        field = self.fields["organisation"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  for the type checker
        field.queryset = organisations

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"]
        if typed != self._name:
            msg = gettext("Type {name}, exactly so.").format(name=self._name)
            raise forms.ValidationError(msg)
        return typed
