"""What staff fill in for a refund."""

from common.admin.acts import ReasonForm
from common.web.forms import MoneyField


class RefundForm(ReasonForm):
    """Why, and how much."""

    amount = MoneyField(
        required=False,
        help_text="With its currency, as 12.50 EUR. Empty: all that is left. A full refund ends pull access, a partial one does not.",
    )
