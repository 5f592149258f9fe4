"""How what Stripe says of a payment differs from what we sold."""

from django.conf import settings
from django.utils import translation

from billing.orders.models import Order
from billing.stripe.payment_data import Payment


def differences(order: Order, payment: Payment) -> list[str]:
    """Return how Stripe differs from our row, in words for staff; empty if everything is as it was sold."""
    expected: list[tuple[str, object, object]] = [
        *_origins(order, payment),
        ("amount", order.money, payment.amount),
        ("live mode", settings.STRIPE_LIVEMODE, payment.livemode),
    ]
    if payment.intent_id is not None:
        expected += [
            ("destination", order.destination_account_id, payment.destination),
            ("fee", order.fee, payment.fee),
        ]
    with words_for_staff():
        return [f"{name} {theirs} instead of {ours}" for name, ours, theirs in expected if ours != theirs]


def _origins(order: Order, payment: Payment) -> list[tuple[str, object, object]]:
    """What the payment was made for: the order by its session, or a later period by its invoice."""
    if order.checkout_session_id is None and order.subscription and payment.subscribed:
        return [("subscription", order.subscription.stripe_subscription_id, payment.subscribed.subscription_id)]
    return [
        ("order", str(order.pk), payment.order_id),
        ("reference", str(order.pk), payment.reference),
        ("session", order.checkout_session_id or payment.session_id, payment.session_id),
    ]


def words_for_staff() -> translation.override:
    """Write amounts as staff read them: an order is also observed in requests of buyers, who may read another language."""
    return translation.override(settings.LANGUAGE_CODE)
