"""What staff are asked when money goes back."""

from django import forms

from common.admin.acts import ReasonForm


class RefundForm(ReasonForm):
    """Why, and how much."""

    amount = forms.IntegerField(
        min_value=1,
        required=False,
        help_text="In minor units (cents). Empty: all that is left. The whole ends pull, a part does not.",
    )
