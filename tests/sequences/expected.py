"""What buyers may pull, worked out from Stripe's own objects and from what was asked for: nothing here reads what the shop has written."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from enum import Enum
from typing import Any
from uuid import UUID

from billing.subscriptions.models import Subscription
from tests.sequences.base import Base, Sale

GRACE = timedelta(days=7).total_seconds()
OPEN = ("needs_response", "under_review")


class Standing(Enum):
    """What becomes of access by a payment."""

    NONE = "none"
    HELD = "held"
    PAUSED = "paused"
    GONE = "gone"
    ENDED_ONCE = "ended once"  # the money came back after all: whether access ended depends on when we heard of it


class Expected(Base):
    """The independent opinion."""

    def standing_of(self, intent: str) -> Standing:
        charge = self.charge_of(intent)
        if charge is None:
            return Standing.NONE
        refunds = self.sandbox.find("refund", "charge", charge["id"])
        disputes = [each["status"] for each in self.sandbox.find("dispute", "charge", charge["id"])]
        if sum(each["amount"] for each in refunds if each["status"] == "succeeded") >= charge["amount"]:
            return Standing.GONE
        if _was_whole(refunds, charge["amount"]) or any(dispute.startswith("appeal") for dispute in disputes):
            return Standing.ENDED_ONCE
        if "lost" in disputes:
            return Standing.GONE
        return Standing.PAUSED if set(disputes) & set(OPEN) else Standing.HELD

    def standing_of_sale(self, sale: Sale) -> Standing:
        if sale.free:
            return Standing.GONE if sale.taken_back else Standing.HELD
        intents = self.paid(sale)
        return self.standing_of(intents[0]) if intents else Standing.NONE

    def standing_of_subscription(self, stripe_id: str) -> Standing:
        """Held to the end of the last paid period, and a week longer while another one is asked for."""
        subscription = self.sandbox.store.get("subscription", stripe_id)
        assert subscription is not None
        periods = [(invoice, self.standing_of(intent)) for invoice, intent in self.invoices(stripe_id)]
        if any(standing is Standing.ENDED_ONCE for _, standing in periods):
            return Standing.ENDED_ONCE
        kept = [(invoice, standing) for invoice, standing in periods if standing in {Standing.HELD, Standing.PAUSED}]
        until = max((line["period"]["end"] for invoice, _ in kept for line in invoice["lines"]["data"]), default=0)
        renews = subscription["status"] in {"active", "past_due"} and not subscription["cancel_at_period_end"]
        if until + (GRACE if renews else 0) <= self.sandbox.config.now():
            return Standing.NONE
        return Standing.PAUSED if any(standing is Standing.PAUSED for _, standing in kept) else Standing.HELD

    def expected(self) -> Iterator[tuple[UUID, UUID, set[UUID], Standing]]:
        """Each source of access with who has it, which images it is for, and what it stands at."""
        for sale in self.sales:
            images = set(sale.product.images.values_list("pk", flat=True))
            if sale.recurring:
                found = self._subscription_of(sale)
                if found is not None:
                    yield found.pk, sale.holder.pk, images, self.standing_of_subscription(found.stripe_subscription_id)
            elif not sale.is_gift or sale.claimed_by is not None:
                holder = sale.claimed_by if sale.is_gift else sale.holder
                assert holder is not None
                yield sale.order_id, holder.pk, images, self.standing_of_sale(sale)

    def _subscription_of(self, sale: Sale) -> Subscription | None:
        session = self.sandbox.store.get("checkout.session", sale.order.checkout_session_id or "")
        if session is None or not session.get("subscription") or not self.paid(sale):
            return None
        return Subscription.objects.get(stripe_subscription_id=session["subscription"])

    def uses(self, code: UUID) -> int:
        """How often a code is used: by orders whose page is open, whose payment is on its way, or whose money was not all given back."""
        return sum(self._uses_it(sale) for sale in self.sales if sale.code is not None and sale.code.pk == code)

    def _uses_it(self, sale: Sale) -> bool:
        if sale.free:
            return not sale.taken_back
        session = self.sandbox.store.get("checkout.session", sale.order.checkout_session_id or "")
        if session is None or session["status"] == "expired":
            return False
        if session["status"] == "open" or session.get("_settles"):
            return True
        charge = self.charge_of(session["payment_intent"])
        return charge is not None and bool(charge["amount_refunded"] < charge["amount"])


def _was_whole(refunds: Iterable[dict[str, Any]], amount: int) -> bool:
    """Whether all of a payment may have been given back at one moment, before a bank sent a refund back."""
    return bool(sum(refund["amount"] for refund in refunds) >= amount)
