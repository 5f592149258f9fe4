"""What was pulled of what an order sold, by its buyer or by whoever has claimed it, line by line.

The same pulls decide a buyer's own refund (ADR 0063).
"""

from collections.abc import Iterator
from typing import Final

from django.db.models import Sum

from accounts.people.models import Account
from billing.orders.models import Order
from billing.orders.pulled import Holder, counted_pulls, holder_of, kept_proofs

LINES: Final = 100  # the first ones: what was used soon after the payment counts most
DAYS: Final = 60


def pull_lines(order: Order, *, hidden: str = "") -> Iterator[str]:
    """Yield what was pulled since the payment, or since a gift was claimed: by day, and while it is kept by time, address and client.

    Args:
        hidden: stands in place of addresses, if they are not to be shown.
    """
    holder = holder_of(order)
    if holder is None:
        yield "The buyer paid for a gift to somebody else, and nobody has claimed it."
        return
    who, when = _who(holder), "the payment" if holder.is_buyer else "the claim"
    by_day = list(counted_pulls(order).order_by("day").values_list("day").annotate(total=Sum("count"))[:DAYS])
    if not by_day:
        yield f"The registry has counted no pull of these images by {who} since {when}."
        return
    yield f"Pulls (downloads) of these images by {who} since {when}. Times are UTC."
    yield from (f"{day:%Y-%m-%d}: {total}" for day, total in by_day)
    found = kept_proofs(order).select_related("image").order_by("first_at", "id")[:LINES]
    if found:
        yield from ("", "first and last time | network address | client | image | digest | how often")
    for pull in found:
        times = f"{pull.first_at:%Y-%m-%d %H:%M:%S} to {pull.last_at:%H:%M:%S}"
        address = hidden or pull.address or "unknown"
        yield f"{times} | {address} | {pull.client or 'unknown'} | {pull.image.repository} | {pull.digest} | {pull.count}"


def _who(holder: Holder) -> str:
    organisation = Account.objects.filter(pk=holder.account_id, kind=Account.Kind.ORGANISATION).exists()
    kind, members = ("organisation", " and its members") if organisation else ("account", "")
    return f"the buyer's {kind}{members}" if holder.is_buyer else f"the {kind} that claimed the buyer's gift{members}"
