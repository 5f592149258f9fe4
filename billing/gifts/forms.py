"""For whom something is bought."""

from django import forms
from django.utils.translation import gettext_lazy

from billing.gifts.services import GiftWish
from marketplace.gifts.forms import SendForm
from marketplace.gifts.models import LONGEST_MESSAGE


class WishForm(SendForm):
    """The recipient's address, or none for a link to pass on, and a message."""

    message = forms.CharField(
        label=gettext_lazy("Message"),
        max_length=LONGEST_MESSAGE,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("The recipient reads it, with your name."),
    )

    @property
    def wish(self) -> GiftWish:
        """For whom the order is."""
        return GiftWish(self.cleaned_data["email"], self.cleaned_data["message"])
