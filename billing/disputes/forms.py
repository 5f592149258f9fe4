"""What a seller says about a dispute."""

from django import forms
from django.utils.translation import gettext_lazy

from billing.disputes.models import LONGEST_STATEMENT


class StatementForm(forms.Form):
    """Their words, for the bank."""

    text = forms.CharField(
        label=gettext_lazy("What you know"),
        required=False,
        max_length=LONGEST_STATEMENT,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=gettext_lazy(
            "In English, if you can: the buyer’s bank reads it. Dates, help that you gave, and what the buyer wrote to you count most."
        ),
    )
