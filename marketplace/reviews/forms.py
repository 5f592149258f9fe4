"""Forms of a review and of the answer to it."""

from django import forms
from django.utils.translation import gettext_lazy

from marketplace.reviews.models import LONGEST

_RATINGS = (
    (5, gettext_lazy("5 – excellent")),
    (4, gettext_lazy("4 – good")),
    (3, gettext_lazy("3 – fair")),
    (2, gettext_lazy("2 – poor")),
    (1, gettext_lazy("1 – unusable")),
)


class ReviewForm(forms.Form):
    """A rating and what there is to say."""

    rating = forms.TypedChoiceField(label=gettext_lazy("Rating"), choices=_RATINGS, coerce=int, widget=forms.RadioSelect)
    text = forms.CharField(
        label=gettext_lazy("Review"),
        widget=forms.Textarea(attrs={"rows": 8}),
        max_length=LONGEST,
        help_text=gettext_lazy(
            "What did you use it for, and how did it do? Plain text, shown with your name. Every earlier version stays readable."
        ),
    )


class AnswerForm(forms.Form):
    """The seller's answer."""

    answer = forms.CharField(
        label=gettext_lazy("Answer"),
        widget=forms.Textarea(attrs={"rows": 6}),
        max_length=LONGEST,
        required=False,
        help_text=gettext_lazy("Plain text, shown below the review. Leave it empty to take an answer away."),
    )
