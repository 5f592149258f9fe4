"""The inbox of Stripe's webhooks: verified, stored, answered; then handled by asking Stripe what is true now."""

import logging
from enum import Enum
from typing import Any, NoReturn

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.people.models import User
from audit.services import record_audit, require_reason
from billing.inbox.handlers import HANDLERS, ignore_event, mark_handled
from billing.inbox.locks import lock_event
from billing.inbox.models import StripeEvent
from billing.payments.backoffs import EVENTS
from billing.stripe.errors import InvalidWebhook, StripeRefused, WebhookOfOtherVersion, WebhookSwitchedOff
from billing.stripe.webhooks import OUR_VERSION, Delivery, verify_event
from common.db.claims import ERROR_LENGTH, note_failure, try_again
from common.db.locking import locked_transaction
from common.errors import RetryLater
from common.ops.queue import queue_after_commit

logger = logging.getLogger(__name__)


class Endpoint(Enum):
    """Where Stripe delivers: one address for our own account, one for connected accounts, with secrets of their own."""

    PLATFORM = "platform"
    CONNECT = "connect"


def receive_event(*, payload: bytes, signature: str, endpoint: Endpoint = Endpoint.PLATFORM) -> None:
    """Store a webhook that Stripe has signed and have it handled; one that is already here, or that we do not use, changes nothing.

    `STRIPE_WEBHOOK_SECRET` and `STRIPE_CONNECT_WEBHOOK_SECRET` may hold several secrets each, comma-separated: while a secret is replaced,
    the old and the new one count. As long as the second is empty, the first address takes the events of connected accounts as well.

    Raises:
        WebhookSwitchedOff: no secret is set.
        InvalidWebhook: it is not signed by Stripe, or belongs to the other address.
        WebhookOfOtherVersion: it is kept as failed, for staff to see.
    """
    event = verify_event(payload, signature, _secrets_of(endpoint))
    if not _belongs(event, endpoint):
        logger.error("event at the other endpoint's address refused", extra={"event": event.event_id, "endpoint": endpoint.value})
        raise InvalidWebhook
    if event.type not in HANDLERS:
        return
    if event.livemode != settings.STRIPE_LIVEMODE:
        logger.warning("event of the other mode ignored", extra={"event": event.event_id})
        return
    if not event.is_of_our_version:
        _refuse_version(event)
    with transaction.atomic():
        StripeEvent.objects.bulk_create([StripeEvent(pk=event.event_id, **_values(event))], ignore_conflicts=True)
        queue_after_commit("billing.handle_stripe_event", event.event_id)


def _secrets_of(endpoint: Endpoint) -> list[str]:
    named = settings.STRIPE_WEBHOOK_SECRET if endpoint is Endpoint.PLATFORM else settings.STRIPE_CONNECT_WEBHOOK_SECRET
    secrets = [secret.strip() for secret in named.split(",") if secret.strip()]
    if not secrets:
        raise WebhookSwitchedOff
    return secrets


def _belongs(event: Delivery, endpoint: Endpoint) -> bool:
    if endpoint is Endpoint.CONNECT:
        return bool(event.account_id)
    return not event.account_id or not settings.STRIPE_CONNECT_WEBHOOK_SECRET.strip()


def _refuse_version(event: Delivery) -> NoReturn:
    """Keep the event as failed, which alarms staff; Stripe goes on delivering it, and its sweep finds what it told of."""
    refused = WebhookOfOtherVersion(theirs=event.api_version, ours=OUR_VERSION)
    row, created = StripeEvent.objects.get_or_create(pk=event.event_id, defaults=_values(event))
    if created:
        note_failure(row, refused.message, backoff=EVENTS, final=True)
        logger.error(
            "event of another API version refused", extra={"event": event.event_id, "theirs": event.api_version, "ours": OUR_VERSION}
        )
    raise refused


def _values(event: Delivery) -> dict[str, Any]:
    return {
        "type": event.type,
        "object_id": event.object_id,
        "account_id": event.account_id,
        "livemode": event.livemode,
        "due_at": timezone.now() + EVENTS.first,  # the task is faster; the sweep is for when it is lost
    }


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
