"""What staff read of an order's pulls before they give money back: when, from where, with what, and which digest."""

from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from billing.orders.models import Order
from billing.refunds.selectors import proofs_since_sale, pulls_since_sale
from common.languages import number


def pulled_words(order: Order) -> SafeString | str:
    """Return a line for each day, tag and platform, then one for each that the registry told of singly; the newest first."""
    lines = [
        (f"{pull.day:%Y-%m-%d}: {number(pull.count)} × {pull.image.repository}:{pull.tag or '(by digest)'}, {pull.platform or 'unknown'}",)
        for pull in pulls_since_sale(order)
    ] + [
        (f"{proof.first_at:%Y-%m-%d %H:%M} UTC from {proof.network or 'unknown'} with {proof.client or 'unknown'}: {proof.digest}",)
        for proof in proofs_since_sale(order)
    ]
    return format_html_join("\n", "<div>{}</div>", lines) or "Nothing was pulled since the sale."
