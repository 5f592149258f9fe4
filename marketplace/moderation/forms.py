"""Forms of a report and of an appeal."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from common.text import normal_email
from marketplace.moderation.models import LONGEST, Report


class ReportForm(forms.Form):
    """What is wrong, and where the answer goes."""

    kind = forms.ChoiceField(label=gettext_lazy("What is wrong?"), choices=Report.Kind.choices, widget=forms.RadioSelect)
    details = forms.CharField(
        label=gettext_lazy("What we should know"),
        widget=forms.Textarea(attrs={"rows": 6}),
        max_length=LONGEST,
        help_text=gettext_lazy("Where you saw it, and whose name, licence or machine it concerns. Only our staff read this."),
    )
    email = forms.EmailField(
        label=gettext_lazy("Your e-mail"), max_length=254, help_text=gettext_lazy("Our answer goes there, and nothing else.")
    )

    def __init__(self, *args: Any, visitor: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not visitor:
            del self.fields["email"]

    def clean_email(self) -> str:
        """Return the address as it is stored."""
        return normal_email(self.cleaned_data["email"])


class AppealForm(forms.Form):
    """Why a decision is wrong."""

    appeal = forms.CharField(
        label=gettext_lazy("Why we should decide otherwise"),
        widget=forms.Textarea(attrs={"rows": 8}),
        max_length=LONGEST,
        help_text=gettext_lazy("You can appeal once. Our staff read it and answer by mail."),
    )
