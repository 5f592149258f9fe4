"""Forms of a review and of the answer to it."""

from django import forms

from marketplace.reviews.models import LONGEST

_RATINGS = ((5, "5 – excellent"), (4, "4 – good"), (3, "3 – fair"), (2, "2 – poor"), (1, "1 – unusable"))


class ReviewForm(forms.Form):
    """A rating and what there is to say."""

    rating = forms.TypedChoiceField(label="Rating", choices=_RATINGS, coerce=int, widget=forms.RadioSelect)
    text = forms.CharField(
        label="Review",
        widget=forms.Textarea(attrs={"rows": 8}),
        max_length=LONGEST,
        help_text="What did you use it for, and how did it do? Plain text, shown with your name. Every earlier version stays readable.",
    )


class AnswerForm(forms.Form):
    """The seller's answer."""

    answer = forms.CharField(
        label="Answer",
        widget=forms.Textarea(attrs={"rows": 6}),
        max_length=LONGEST,
        required=False,
        help_text="Plain text, shown below the review. Leave it empty to take an answer away.",
    )
