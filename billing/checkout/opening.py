"""An order is taken to Stripe's page."""

from uuid import UUID

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext

from accounts.sellers.services.stripe_accounts import record_refused_currency, record_stripe_problem
from billing.checkout.errors import PaymentUnderWay
from billing.discounts.recurring import coupon_of, whole_fee
from billing.invoices.content import PRICES_INCLUDE_TAXES
from billing.orders.locks import lock_order
from billing.orders.models import Order
from billing.orders.services import flag_order
from billing.payments.reconcile import end_without_session, reconcile_order
from billing.payouts.services import record_refused_sale
from billing.stripe.checkout import Checkout, Sale, create_checkout
from billing.stripe.errors import StripeRefused
from billing.stripe.refusals import CURRENCY, Fault
from billing.stripe.regions import in_another_region
from common.db.locking import locked_transaction
from common.web.links import absolute
from outbox.mail.languages import language_for


def open_checkout(*, order: Order) -> str:
    """Return the address where the buyer goes on: Stripe's page while there is something to pay, else our own page of the order.

    The order is the intent, committed before; its id is Stripe's idempotency key. If the process dies between Stripe's answer and our
    record of it, the next call makes up for that: it gets the same session.

    Raises:
        StripeAway: nothing is known; call again.
        StripeRefused: no session for this order; it has failed, and a new one may be placed.
        PaymentUnderWay: Stripe does not know the session that the order has; it is flagged for staff.
    """
    ours = absolute("billing:checkout_return", order.pk)
    try:
        current = reconcile_order(order_id=order.pk)
    except StripeRefused as refused:
        _flag(order_id=order.pk, flag=f"Stripe does not know this order: {refused.reason}")
        raise PaymentUnderWay from refused
    if current.checkout_session_id is None and current.state == Order.State.PENDING:
        try:
            checkout = create_checkout(sale_of(current))
        except StripeRefused as refused:
            _fail(order_id=order.pk, refused=refused)
            if refused.refusal is CURRENCY:
                record_refused_currency(stripe_account_id=current.destination_account_id, currency=current.currency)
            if refused.refusal.fault is Fault.SELLER:
                record_refused_sale(stripe_account_id=order.destination_account_id, refused=refused)
            raise
        current = _record_checkout(order_id=order.pk, checkout=checkout)
        if current.seller.stripe_problem:
            record_stripe_problem(stripe_account_id=current.destination_account_id, sentence="")
    return current.checkout_url or ours


def sale_of(order: Order) -> Sale:
    """Return what a checkout of the order is for: of a subscription its whole price, and what is taken off its payments."""
    recurring = order.price.interval
    return Sale(
        order_id=order.pk,
        buyer_id=order.buyer_id,
        email=order.email,
        title=order.product_title,
        image_names=tuple(image.repository for image in order.images.all()),
        price=order.list_price if recurring else order.money,
        fee=whole_fee(order) if recurring else order.fee,
        destination=order.destination_account_id,
        on_behalf_of_seller=_settles_with_seller(order),
        expires_at=order.checkout_expires_at,
        note=_note(order),
        with_tax=settings.LAYERSTORE_STRIPE_TAX,
        interval=recurring,
        coupon=coupon_of(order) if recurring else None,
    )


def _note(order: Order) -> str:
    """Return what was credited and the rule about taxes, in the language of whoever placed the order: a repeated call says the same."""
    with translation.override(language_for(order.email, otherwise=None)):
        credit = gettext("{credit} of the price of {listed} were credited for what you have bought before.")
        words = [credit.format(credit=order.credit, listed=order.list_price)] if order.credit_amount else []
        return " ".join([*words, *([] if settings.LAYERSTORE_STRIPE_TAX else [str(PRICES_INCLUDE_TAXES)])])


def _settles_with_seller(order: Order) -> bool:
    """Whether the receiver's account is in another region than ours; an account's country never changes."""
    seller = order.seller
    same = seller.stripe_account_id == order.destination_account_id
    return same and in_another_region(seller.stripe_country, ours=settings.LAYERSTORE_STRIPE_COUNTRY)


def _record_checkout(*, order_id: UUID, checkout: Checkout) -> Order:
    with locked_transaction():
        order = lock_order(order_id=order_id)
        if order.checkout_session_id is None:
            order.checkout_session_id = checkout.session_id
            # Closed while Stripe was opening it: nobody is sent there, and the sweep or its webhook ends it.
            order.checkout_url = checkout.url if order.state == Order.State.PENDING else ""
            order.save(update_fields=["checkout_session_id", "checkout_url"])
    return order


def _flag(*, order_id: UUID, flag: str) -> None:
    """Flag an order in a transaction of its own; the first flag stays."""
    with locked_transaction():
        order = lock_order(order_id=order_id)
        flag_order(order, flag)
        order.save(update_fields=["flagged_at", "flag"])


def _fail(*, order_id: UUID, refused: StripeRefused) -> None:
    """End the order; if its buyer cannot mend the cause, flag it for staff with Stripe's own words."""
    order = end_without_session(order_id=order_id, state=Order.State.FAILED, reason=refused.reason)
    if refused.refusal.fault is not Fault.BUYER and order.state == Order.State.FAILED:
        _flag(order_id=order_id, flag=f"Stripe refused the checkout ({refused.refusal.fault}): {refused.reason}")
