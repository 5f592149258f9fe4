"""A trial ends: by its time, of which its holder is told before; by staff; with its account. A purchase is in `purchases`."""

from datetime import datetime, timedelta
from functools import partial, reduce
from operator import or_
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.organisations.models import MANAGING_ROLES
from accounts.organisations.selectors import people_of
from accounts.people.models import Account, User
from audit.services import record_audit, require_reason
from common.db.locking import locked_transaction
from common.db.row_failures import act_on_each
from marketplace.entitlements.models import TRIAL_OVER, Entitlement
from marketplace.entitlements.selectors import has_for_good
from marketplace.entitlements.services.grants import revoke_entitlements
from marketplace.images.ownership import require_staff
from marketplace.products.selectors.offers import offered_price
from marketplace.trials.errors import TrialEnded
from marketplace.trials.locks import lock_trial
from marketplace.trials.models import KnownCard, Trial, TrialKey
from marketplace.trials.selectors import images_of_trial, verified_hashes
from marketplace.trials.services.starting import write_keys
from outbox.mail.services import queue_mail

_TRIAL: Final = Entitlement.Source.TRIAL
_AT_ONCE: Final = 500  # a run stays far below the time limit; the next one goes on
# How many days a trial has at least, and how long before its end its holder is told.
_REMINDED_BEFORE: Final = ((7, timedelta(days=3)), (2, timedelta(days=1)), (1, timedelta(hours=12)))


def remind_of_trials(*, now: datetime) -> int:
    """Tell holders once of trials that end soon; return how many mails were about. Nobody is told who has the product for good by now."""
    return act_on_each(_due(now), partial(_remind, now=now), most=_AT_ONCE)


def end_trials(*, now: datetime) -> int:
    """Mark trials whose time is over, and tell their holders; return how many. The policy itself looks at the time, marked or not."""
    return act_on_each(_over(now), partial(_end_in_time, now=now), most=_AT_ONCE)


def end_trial(*, trial: Trial, reason: str, actor: User) -> Trial:
    """End a trial before its time, by staff. It stays used; its holder is told by mail.

    Raises:
        NotYours: the actor is not staff.
        ReasonMissing: no reason.
        TrialEnded: it has ended already.
    """
    require_staff(actor)
    require_reason(reason)
    with locked_transaction():
        locked = lock_trial(trial_id=trial.pk)
        if locked.ended_at is not None:
            raise TrialEnded
        _end(locked, timezone.now(), reason[:500])
        revoke_entitlements(source_kind=_TRIAL, source_id=locked.pk, reason=reason)
        record_audit(actor=actor, action="trial.ended", target=locked, reason=reason)
    return locked


def forget_trials(account: Account, *, reason: str) -> None:
    """End the trials of an account that goes, and forget its cards. The caller revokes what it holds.

    What has had its trial stays noted, without saying whose it was: that the same addresses and cards have no second one is what the hashes
    are kept for.
    """
    KnownCard.objects.filter(account=account).delete()
    Trial.objects.filter(holder=account, ended_at__isnull=True).update(ended_at=timezone.now(), end_reason=reason)
    if account.user:
        addresses = [several[0] for several in verified_hashes(account.user)]
        write_keys(Trial.objects.filter(started_by=account.user), TrialKey.Kind.ADDRESS, addresses)


def _due(now: datetime) -> QuerySet[Trial]:
    soon = reduce(or_, (Q(days__gte=days, ends_at__lte=now + before) for days, before in _REMINDED_BEFORE))
    return Trial.objects.filter(soon, ends_at__gt=now, ended_at__isnull=True, reminded_at__isnull=True)


def _over(now: datetime) -> QuerySet[Trial]:
    return Trial.objects.filter(ended_at__isnull=True, ends_at__lte=now)


def _remind(trial_id: UUID, *, now: datetime) -> bool:
    """Remind of one trial, unless another worker has done so or it has ended meanwhile."""
    with locked_transaction():
        lock_trial(trial_id=trial_id)
        due = _due(now).filter(pk=trial_id).update(reminded_at=now)
        return bool(due) and _mail(trial_id, "trial_ending")


def _end_in_time(trial_id: UUID, *, now: datetime) -> bool:
    """Mark one trial, unless another worker has done so or it has ended meanwhile."""
    with locked_transaction():
        trial = lock_trial(trial_id=trial_id)
        if not _over(now).filter(pk=trial_id).exists():
            return False
        _end(trial, trial.ends_at, TRIAL_OVER)
    return True


def _end(trial: Trial, at: datetime, reason: str) -> None:
    trial.ended_at, trial.end_reason = at, reason
    trial.save(update_fields=["ended_at", "end_reason"])
    _mail(trial.pk, "trial_ended")


def _mail(trial_id: UUID, template: str) -> bool:
    """Tell the holder, unless they have what they tried for good: then nothing ends for them. Each mail is written once."""
    trial = Trial.objects.select_related("product__namespace", "product__seller", "edition", "holder__user").get(pk=trial_id)
    images = images_of_trial(trial)
    if has_for_good(trial.holder, [image.pk for image in images]):
        return False
    price = offered_price(trial.product, trial.edition)
    for reader in people_of(trial.holder, roles=MANAGING_ROLES):
        context = {"trial": trial, "product": trial.product, "images": images, "price": price}
        queue_mail(to=reader.email, template=template, context=context, key=f"{template.replace('_', '-')}:{trial.pk}:{reader.pk}")
    return True
