"""The inbox of Stripe's webhooks: verified, stored, answered; then handled by asking Stripe what is true now."""

import logging
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.people.models import User
from audit.services import record_audit, require_reason
from billing.inbox.locks import lock_event
from billing.inbox.models import StripeEvent
from billing.orders.models import Order
from billing.payments.backoffs import EVENTS
from billing.payments.observation import apply_observation, observe_order
from billing.payouts.services import refresh_stripe_account
from billing.stripe import gateway
from billing.stripe.errors import StripeRefused, WebhookSwitchedOff
from common.db.claims import ERROR_LENGTH, try_again
from common.db.locking import locked_transaction
from common.errors import LockTimeout, RetryLater
from common.ops.queue import queue_after_commit

logger = logging.getLogger(__name__)

_OF_ORDERS = frozenset((
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "charge.refunded",
    "charge.refund.updated",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.funds_reinstated",
    "charge.dispute.closed",
))  # fmt: skip
_OF_ACCOUNTS = frozenset(("account.updated", "account.application.deauthorized"))
_ATTEMPTS = 5


def receive_event(*, payload: bytes, signature: str) -> None:
    """Store a webhook that Stripe has signed and have it handled; one that is here already, or that we do not use, changes nothing.

    `STRIPE_WEBHOOK_SECRET` may hold several secrets, comma-separated: Stripe gives the platform's endpoint and the one for connected
    accounts a secret each.

    Raises:
        WebhookSwitchedOff: no secret is set.
        InvalidWebhook: it is not signed by Stripe.
    """
    secrets = [secret.strip() for secret in settings.STRIPE_WEBHOOK_SECRET.split(",") if secret.strip()]
    if not secrets:
        raise WebhookSwitchedOff
    event = gateway.verify_event(payload, signature, secrets)
    if event.type not in _OF_ORDERS | _OF_ACCOUNTS:
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
    """Make what the event tells of true here: the present state is fetched from Stripe, its effect and `handled_at` are written together.

    Repeated, late and reordered events find nothing to change.

    Raises:
        RetryLater: it cannot be done now; the sweep tries again.
    """
    event = StripeEvent.objects.get(pk=event_id)
    if event.handled_at is not None:
        return event
    try:
        _handle(event)
    except StripeRefused as refused:
        with locked_transaction():
            _mark(event_id, f"Stripe refuses: {refused.reason}")
    except RetryLater as later:
        cause = str(later.context.get("cause") or later.message)
        StripeEvent.objects.filter(pk=event_id).update(last_error=cause[:ERROR_LENGTH])
        raise
    event.refresh_from_db()
    return event


def _handle(event: StripeEvent) -> None:
    if event.type in _OF_ACCOUNTS:
        known = refresh_stripe_account(stripe_account_id=event.account_id or event.object_id)
        with locked_transaction():
            _mark(event.pk, "seller brought up to date" if known else "nobody's account here")
        return
    order_id = _order_of(event)
    if order_id is None:
        with locked_transaction():
            _mark(event.pk, "no order of ours")
        return
    _apply(event, order_id)


def _order_of(event: StripeEvent) -> UUID | None:
    known = Order.objects.filter(checkout_session_id=event.object_id).values_list("pk", flat=True).first()
    if known is not None:
        return known
    try:
        named = UUID(gateway.read_order_id(event.type, event.object_id))
    except ValueError:
        return None
    return Order.objects.filter(pk=named).values_list("pk", flat=True).first()


def _apply(event: StripeEvent, order_id: UUID) -> None:
    session_id = event.object_id if event.type.startswith("checkout.session.") else ""
    for _ in range(_ATTEMPTS):
        observation = observe_order(order_id=order_id, session_id=session_id)
        with locked_transaction():
            if lock_event(event_id=event.pk).handled_at is not None:
                return
            order = apply_observation(observation) if observation else Order.objects.get(pk=order_id)
            if order is not None:
                _mark(event.pk, f"order {order.number} {order.state}")
                return
    raise LockTimeout


def _mark(event_id: str, outcome: str) -> None:
    event = lock_event(event_id=event_id)
    if event.handled_at is None:
        event.handled_at, event.outcome, event.last_error = timezone.now(), outcome[:200], ""
        event.save(update_fields=["handled_at", "outcome", "last_error"])


def retry_event(*, event: StripeEvent, reason: str, actor: User) -> None:
    """Handle an event once more, handled or not: Stripe is asked again, and what is true already stays as it is.

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
