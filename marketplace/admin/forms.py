"""Forms of acts that need more than a reason."""

from datetime import datetime

from django import forms
from django.utils import timezone

from accounts.people.models import Account
from common.admin.acts import ReasonForm
from marketplace.entitlements.selectors import end_of_day


class GiveImageForm(ReasonForm):
    """Who will be able to pull, and why."""

    holder = forms.CharField(label="User name", max_length=39, help_text="Who can pull it from now on.")
    ends_on = forms.DateField(
        label="Last day", required=False, widget=forms.DateInput(attrs={"type": "date"}), help_text="In UTC. Empty: for good."
    )
    field_order = ("holder", "ends_on", "reason")

    def clean_holder(self) -> Account:
        """Turn the user name into the account that will hold it."""
        account = Account.objects.filter(user__username=self.cleaned_data["holder"].lower(), user__is_active=True).first()
        if account is None:
            raise forms.ValidationError("No active user has this name.")
        return account

    def clean_ends_on(self) -> datetime | None:
        """Turn the last day into the moment at which it has ended."""
        day = self.cleaned_data["ends_on"]
        ends_at = end_of_day(day) if day else None
        if ends_at is not None and ends_at <= timezone.now():
            raise forms.ValidationError("This day is over.")
        return ends_at
