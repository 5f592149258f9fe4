"""What a purchase means for trials: it takes the place of one, and its payment card has had its trial of whatever its buyer has tried."""

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from accounts.people.models import Account
from marketplace.entitlements.models import TRIAL_OVER, Entitlement
from marketplace.entitlements.services.grants import revoke_entitlements
from marketplace.trials.keys import card_hashes
from marketplace.trials.locks import lock_trial_of_holder
from marketplace.trials.models import BOUGHT, KnownCard, Trial, TrialKey
from marketplace.trials.services.starting import write_keys

_FIELDS: Final = ("bought_at", "bought_by", "ended_at", "end_reason")


def take_over_trial(
    *, product_id: UUID, holder: Account, source_id: UUID, image_ids: Collection[UUID], paid_since: datetime | None = None
) -> None:
    """Note that the holder has bought what they tried, by this order or subscription. Repeated, it changes nothing.

    A trial that runs ends if all that it lets them pull was bought; whoever has bought a part goes on trying the rest, and of their
    purchases the one that contains all takes its place. One whose time has passed since it was bought counts as ended by the purchase: who
    hears late of a payment gives no day less or more for that. Runs in the caller's transaction. A refund brings no trial back.

    Args:
        image_ids: what was bought.
        paid_since: from when on the purchase is paid for; None for now.
    """
    if not Trial.objects.filter(product=product_id, holder=holder).exists():
        return  # as most purchases: they lock nothing
    trial, now = lock_trial_of_holder(product_id=product_id, account_id=holder.pk), timezone.now()
    at = min(paid_since or now, now)
    if at < trial.started_at.replace(microsecond=0):  # Stripe's moments are whole seconds
        return  # paid for before it was tried
    at = max(at, trial.started_at)
    ends = _ran(trial, at) and _all_bought(trial, image_ids)
    if trial.bought_at is not None and not ends:
        return
    trial.bought_at, trial.bought_by = at, source_id
    if ends:
        trial.ended_at, trial.end_reason = at, BOUGHT
        revoke_entitlements(source_kind=Entitlement.Source.TRIAL, source_id=trial.pk, reason=BOUGHT)
    trial.save(update_fields=_FIELDS)


def _ran(trial: Trial, at: datetime) -> bool:
    """Whether the trial ran at a moment: it runs, or only its time has ended it since. What staff have ended stays ended."""
    return trial.ends_at > at and (trial.ended_at is None or trial.end_reason == TRIAL_OVER)


def _all_bought(trial: Trial, image_ids: Collection[UUID]) -> bool:
    given = Entitlement.objects.filter(source_kind=Entitlement.Source.TRIAL, source_id=trial.pk)
    held = given.filter(Q(revoked_at__isnull=True) | Q(revocation_reason=TRIAL_OVER))
    return not held.exclude(image__in=image_ids).exists()


def remember_card(*, account: Account, fingerprint: str) -> None:
    """Remember a payment card beside the account that has paid with it, and let it have had its trial of all that the account has tried.

    Only keyed hashes are stored; the same card again changes nothing.

    Args:
        fingerprint: what Stripe calls the card: the same wherever the card is used in the shop.
    """
    hashes = card_hashes(fingerprint)
    KnownCard.objects.bulk_create([KnownCard(account=account, card_hash=one) for one in hashes], ignore_conflicts=True)
    tried = Trial.objects.filter(Q(holder=account) | Q(started_by__account=account))
    write_keys(tried, TrialKey.Kind.CARD, hashes)
