"""The inbox of Stripe's webhooks: verified, stored, answered; then handled by asking Stripe what is true now."""

import logging

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.people.models import User
from audit.services import record_audit, require_reason
from billing.inbox.handlers import HANDLERS, ignore_event, mark_handled
from billing.inbox.locks import lock_event
from billing.inbox.models import StripeEvent
from billing.payments.backoffs import EVENTS
from billing.stripe.errors import StripeRefused, WebhookSwitchedOff
from billing.stripe.webhooks import verify_event
from common.db.claims import ERROR_LENGTH, try_again
from common.db.locking import locked_transaction
from common.errors import RetryLater
from common.ops.queue import queue_after_commit

logger = logging.getLogger(__name__)


def receive_event(*, payload: bytes, signature: str) -> None:
    """Store a webhook that Stripe has signed and have it handled; one that is already here, or that we do not use, changes nothing.

    `STRIPE_WEBHOOK_SECRET` may hold several secrets, comma-separated: Stripe gives the platform's endpoint and the one for connected
    accounts a secret each.

    Raises:
        WebhookSwitchedOff: no secret is set.
        InvalidWebhook: it is not signed by Stripe.
    """
    secrets = [secret.strip() for secret in settings.STRIPE_WEBHOOK_SECRET.split(",") if secret.strip()]
    if not secrets:
        raise WebhookSwitchedOff
    event = verify_event(payload, signature, secrets)
    if event.type not in HANDLERS:
        return
    if event.livemode != settings.STRIPE_LIVEMODE:
        logger.warning("event of the other mode ignored", extra={"event": event.event_id})
        return
    row = StripeEvent(
        id=event.event_id,
        type=event.type,
        object_id=event.object_id,
        account_id=event.account_id,
        livemode=event.livemode,
        due_at=timezone.now() + EVENTS.first,  # the task below is faster; the sweep is for when it is lost
    )
    with transaction.atomic():
        StripeEvent.objects.bulk_create([row], ignore_conflicts=True)
        queue_after_commit("billing.handle_stripe_event", event.event_id)


def handle_event(*, event_id: str) -> StripeEvent:
    """Apply an event: the present state is fetched from Stripe, and its effect is written together with `handled_at`.

    Repeated, late and reordered events find nothing to change.

    Raises:
        RetryLater: it cannot be done now; the sweep tries again.
    """
    event = StripeEvent.objects.get(pk=event_id)
    if event.handled_at is not None:
        return event
    try:
        HANDLERS.get(event.type, ignore_event)(event)
    except StripeRefused as refused:
        with locked_transaction():
            mark_handled(event_id, f"Stripe refuses: {refused.reason}")
    except RetryLater as later:
        cause = str(later.context.get("cause") or later.message)
        StripeEvent.objects.filter(pk=event_id).update(last_error=cause[:ERROR_LENGTH])
        raise
    event.refresh_from_db()
    return event


def retry_event(*, event: StripeEvent, reason: str, actor: User) -> None:
    """Handle an event once more, handled or not: Stripe is asked again, and what already matches stays as it is.

    Raises:
        ReasonMissing: no reason.
    """
    require_reason(reason)
    with locked_transaction():
        locked = lock_event(event_id=event.pk)
        locked.handled_at, locked.outcome = None, ""
        locked.save(update_fields=["handled_at", "outcome"])
        try_again(locked)
        record_audit(actor=actor, action="stripe_event.retried", target=locked, reason=reason)
        queue_after_commit("billing.handle_stripe_event", locked.pk)
