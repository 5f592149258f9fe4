"""Searching the shop."""

from django import forms
from django.utils.translation import gettext_lazy

from marketplace.search.query import Sort
from marketplace.search.references import LONGEST_TEXT

SORTS = (
    (Sort.RELEVANCE, gettext_lazy("Best match")),
    (Sort.SALES, gettext_lazy("Best selling")),
    (Sort.POPULAR, gettext_lazy("Most pulled")),
    (Sort.NEWEST, gettext_lazy("Newest")),
    (Sort.PRICE, gettext_lazy("Price, low to high")),
)


class SearchForm(forms.Form):
    """The parameters of a search. Invalid ones are left out, so that no link to a search is ever broken."""

    q = forms.CharField(required=False)
    sort = forms.ChoiceField(required=False, choices=SORTS)

    def clean_q(self) -> str:
        """Keep only the beginning of a pasted text that is too long."""
        return str(self.cleaned_data["q"])[:LONGEST_TEXT]
