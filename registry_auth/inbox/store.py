"""What lies in the inbox: staff may let an envelope be applied again, and it is removed when its time is over."""

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from accounts.people.models import User
from audit.services import record_audit, require_reason
from common.db.claims import try_again
from common.db.deletion import delete_in_batches
from common.db.locking import locked_transaction
from registry_auth.inbox.locks import lock_envelope
from registry_auth.inbox.models import RegistryEnvelope, SeenRegistryEvent
from registry_auth.upkeep.models import Reconciliation

DELETED_AT_ONCE = 5_000  # their rows are small, and nothing hangs on them


def retry_envelope(*, envelope: RegistryEnvelope, reason: str, actor: User) -> None:
    """Make an envelope due now, even if it had been given up.

    Raises:
        ReasonMissing: no reason.
    """
    require_reason(reason)
    with locked_transaction():
        locked = lock_envelope(envelope_id=envelope.pk)
        try_again(locked)
        locked.drained_at = None
        locked.save(update_fields=["drained_at"])
        record_audit(actor=actor, action="registry_envelope.retried", target=locked, reason=reason)


def prune_events() -> None:
    """Delete what is old: envelopes drained or given up, ids of events that the registry no longer repeats, runs that repaired nothing."""
    before = timezone.now() - settings.LAYERSTORE_EVENTS_KEPT
    delete_in_batches(RegistryEnvelope.objects.filter(Q(drained_at__lt=before) | Q(given_up_at__lt=before)), at_once=DELETED_AT_ONCE)
    delete_in_batches(SeenRegistryEvent.objects.filter(seen_at__lt=before), at_once=DELETED_AT_ONCE)
    Reconciliation.objects.filter(started_at__lt=before, written=0, removed=0).delete()
