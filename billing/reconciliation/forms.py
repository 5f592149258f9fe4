"""What staff fill in to post a difference."""

from django import forms

from billing.ledger.models import Account
from billing.reconciliation.posting import AGAINST
from common.admin.acts import ReasonForm


class PostForm(ReasonForm):
    """Asks for the other side, and why. A valid form has an `Account` as `against`."""

    against = forms.TypedChoiceField(
        choices=[(account.value, account.label) for account in AGAINST],
        coerce=Account,
        help_text="Of our own balance: Stripe’s fee for what Stripe charges, Payouts for what comes from our bank or goes there, Platform"
        " fee for what we have earned, Refunds for what the shop bears. What has moved a seller’s balance is payable to them, whatever"
        " is chosen.",
    )
    field_order = ("against", "reason")
