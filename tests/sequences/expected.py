"""What buyers may pull, worked out from Stripe's own objects and from what was asked for: nothing here reads what the shop has written."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Any
from uuid import UUID

from django.utils import timezone

from billing.subscriptions.models import Subscription
from tests.sequences.base import Base
from tests.sequences.shop import Given, Sale, Tried

GRACE = timedelta(days=7).total_seconds()
OPEN = ("needs_response", "under_review")


class Standing(Enum):
    """What becomes of access by a payment; of several that count for the same images the first in this order does."""

    NONE = "none"
    GONE = "gone"
    EITHER = "either"  # the money came back after all, or days depend on when we heard: access depends on that
    PAUSED = "paused"
    HELD = "held"


LIVE = (Standing.HELD, Standing.PAUSED)


@dataclass(frozen=True)
class Access:
    """One source of access, who has it, and what each of its images stands at."""

    source: UUID
    holder: UUID
    standings: dict[UUID, Standing]
    sale: Sale | None = None


def worst(standings: Iterable[Standing]) -> Standing:
    return min(standings, key=list(Standing).index)


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
            return Standing.EITHER
        if "lost" in disputes:
            return Standing.GONE
        return Standing.PAUSED if set(disputes) & set(OPEN) else Standing.HELD

    def standing_of_sale(self, sale: Sale) -> Standing:
        if sale.free:
            return Standing.GONE if sale.taken_back else Standing.HELD
        intents = self.paid(sale)
        return self.standing_of(intents[0]) if intents else Standing.NONE

    def standings_of_sale(self, sale: Sale) -> dict[UUID, Standing]:
        """What each image of a purchase stands at: it follows what was credited for it, whose money went into it."""
        standings = dict.fromkeys(sale.images | sale.grown, self.standing_of_sale(sale))
        for standing, images in self._followed(sale):
            for image in images & standings.keys():
                standings[image] = worst([standings[image], standing])
        return {image: worst([standing, Standing.EITHER]) if image in sale.unsure else standing for image, standing in standings.items()}

    def _followed(self, sale: Sale) -> Iterator[tuple[Standing, set[UUID]]]:
        """Each earlier purchase that was credited for it, and for that one, with the images that follow: all, where nothing was paid."""
        for earlier in self.sales:
            if earlier.order_id not in sale.credited:
                continue
            own = sale.images | sale.grown if sale.free else set()
            yield self.standing_of_sale(earlier), {*earlier.images, *own}
            for standing, images in self._followed(earlier):
                yield standing, {*images, *own}

    def standings_of_subscription(self, sale: Sale, stripe_id: str) -> dict[UUID, Standing]:
        """Each image is held to the end of its last paid period, and a week longer while another one is asked for; days of a trial may be added.

        In each period an image is paid by the first invoice that sold it; a later one, of a larger edition, has paid the difference alone.
        """
        subscription = self.sandbox.store.get("subscription", stripe_id)
        assert subscription is not None
        periods = [(invoice, self.standing_of(intent), sold) for invoice, intent, sold in self._sold(sale, stripe_id)]
        images = {image for _, _, sold in periods for image in sold}
        if any(standing is Standing.EITHER for _, standing, _ in periods):
            return dict.fromkeys(images, Standing.EITHER)
        kept = [(_ends(invoice), standing) for invoice, standing, _ in periods if standing in LIVE]
        last, paused = max((end for end, _ in kept), default=0), any(standing is Standing.PAUSED for _, standing in kept)
        renews = subscription["status"] in {"active", "past_due"} and not subscription["cancel_at_period_end"]
        renewed = self._renewed(sale, subscription) if renews else frozenset()
        left, now = self._left_of_trials(sale, subscription["created"]), self.sandbox.config.now()
        standings = {}
        for image in images:
            first: dict[int, Standing] = {}
            for invoice, standing, sold in periods:
                if image in sold:
                    first.setdefault(_ends(invoice), standing)
            until: float = max((end for end, standing in first.items() if standing in LIVE), default=0)
            until += GRACE if image in renewed and until == last else 0
            held = Standing.PAUSED if paused else Standing.HELD
            standings[image] = held if until > now else Standing.EITHER if until and until + left > now else Standing.NONE
        return standings

    def _sold(self, sale: Sale, stripe_id: str) -> Iterator[tuple[dict[str, Any], str, frozenset[UUID]]]:
        """The paid invoices of a subscription, oldest first, each with its payment and what it sold."""
        of = self.shop.sized_images
        for invoice, intent in self.invoices(stripe_id):
            if not sale.of_edition:
                yield invoice, intent, sale.images | sale.grown
            else:
                yield invoice, intent, of[max(of) if invoice["billing_reason"] == "subscription_update" else invoice["subtotal"]]

    def _renewed(self, sale: Sale, subscription: dict[str, Any]) -> frozenset[UUID]:
        """What the next period would sell."""
        if not sale.of_edition:
            return sale.images | sale.grown
        return self.shop.sized_images[subscription["items"]["data"][0]["price"]["unit_amount"]]

    def _left_of_trials(self, sale: Sale, began: int) -> float:
        """How many seconds of trials were left when it began; fewer count where we heard of it later."""
        of = [tried for tried in self.tried if tried.product.pk == sale.product.pk and tried.holder.pk == sale.holder.pk]
        return sum(max(tried.ends_at.timestamp() - began, 0) for tried in of)

    def expected(self) -> Iterator[Access]:
        """Each source of access that there may be."""
        for sale in self.sales:
            if sale.recurring:
                found = self.subscription_of(sale)
                if found is not None:
                    standings = self.standings_of_subscription(sale, found.stripe_subscription_id)
                    standings |= dict.fromkeys(sale.unsure, Standing.EITHER)
                    yield Access(found.pk, sale.holder.pk, standings, sale)
            elif not sale.is_gift or sale.claimed_by is not None:
                holder = sale.claimed_by if sale.is_gift else sale.holder
                assert holder is not None
                yield Access(sale.order_id, holder.pk, self.standings_of_sale(sale), sale)
        for tried in self.tried:
            yield Access(tried.trial_id, tried.holder.pk, dict.fromkeys(tried.images, self._standing_of_trial(tried)))
        for given in self.given:
            if given.holder is not None:
                yield Access(given.gift.pk, given.holder.pk, dict.fromkeys(given.images | given.grown, standing_of_given(given)))

    def _standing_of_trial(self, tried: Tried) -> Standing:
        """Held to its end, unless all of it was bought meanwhile: a refund brings it not back, but we may never have heard that it was paid."""
        if tried.ends_at <= timezone.now():
            return Standing.NONE
        bought = [
            charge
            for sale in self.sales
            if sale.product.pk == tried.product.pk
            and sale.holder.pk == tried.holder.pk
            and not sale.is_gift
            and sale.images >= tried.images
            for charge in self.charges_of(sale)
        ]
        if not bought:
            return Standing.HELD
        since = [charge for charge in bought if charge is None or (is_undisturbed(charge) and charge["created"] >= tried.began)]
        return Standing.NONE if since else Standing.EITHER

    def charges_of(self, sale: Sale) -> list[dict[str, Any] | None]:
        """What was charged for a sale; None where it cost nothing."""
        if sale.free:
            return [None]
        return [charge for charge in map(self.charge_of, self.paid(sale)) if charge is not None]

    def subscription_of(self, sale: Sale) -> Subscription | None:
        session = self.sandbox.store.get("checkout.session", sale.order.checkout_session_id or "")
        if session is None or not session.get("subscription") or not self.paid(sale):
            return None
        return Subscription.objects.get(stripe_subscription_id=session["subscription"])

    def uses(self, code: UUID) -> tuple[int, int]:
        """How often a code is used, at least and at most."""
        counts = [self.counts(sale) for sale in self.sales if sale.code is not None and sale.code.pk == code]
        return counts.count(True), len(counts) - counts.count(False)

    def counts(self, sale: Sale) -> bool | None:
        """Whether an order keeps the code that it used, and what was credited for it: None where that depends on when we heard of it.

        It does while its page is open, while its payment is on its way, and unless its money was all given back.
        """
        if sale.free:
            return not sale.taken_back
        session = self.sandbox.store.get("checkout.session", sale.order.checkout_session_id or "")
        if session is None or session["status"] == "expired":
            return False
        if session["status"] == "open" or session.get("_settles"):
            return True
        charge = next(iter(self.charges_of(sale)), None)
        if charge is None or charge["amount_refunded"] >= charge["amount"]:
            return False
        return None if _was_whole(self.sandbox.find("refund", "charge", charge["id"]), charge["amount"]) else True


def _ends(invoice: dict[str, Any]) -> int:
    return max(int(line["period"]["end"]) for line in invoice["lines"]["data"])


def is_undisturbed(charge: dict[str, Any]) -> bool:
    """Whether we have heard of it as paid, whenever that was."""
    return not charge["amount_refunded"] and not charge["disputed"]


def standing_of_given(given: Given) -> Standing:
    """What a seller gave is had to its end, unless it was taken back."""
    if given.ends_at is not None and given.ends_at <= timezone.now():
        return Standing.NONE
    return Standing.GONE if given.revoked else Standing.HELD


def _was_whole(refunds: Iterable[dict[str, Any]], amount: int) -> bool:
    """Whether all of a payment may have been given back at one moment, before a bank sent a refund back."""
    return bool(sum(refund["amount"] for refund in refunds) >= amount)
