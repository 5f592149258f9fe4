"""Forms of acts that need more than a reason."""

from django import forms

from accounts.people.models import Account
from common.admin.acts import ReasonForm


class GiveImageForm(ReasonForm):
    """Who will be able to pull, and why."""

    holder = forms.CharField(label="User name", max_length=39, help_text="Who can pull it from now on.")
    field_order = ("holder", "reason")

    def clean_holder(self) -> Account:
        """Turn the user name into the account that will hold it."""
        account = Account.objects.filter(user__username=self.cleaned_data["holder"].lower(), user__is_active=True).first()
        if account is None:
            raise forms.ValidationError("No active user has this name.")
        return account
