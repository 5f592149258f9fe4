"""The sale itself: an order is placed, paid at Stripe, and completed by whoever hears of it first."""

from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts.organisations.buying import buys_for, keep_buyer, require_buyer
from accounts.people.locks import lock_user
from accounts.people.models import Account, User
from accounts.people.selectors import require_verified_email
from accounts.sellers.locks import lock_seller
from accounts.sellers.services.stripe_accounts import record_stripe_problem
from audit.services import record_audit
from billing import gateway
from billing.errors import (
    AlreadyOwned,
    PaymentUnderWay,
    ProductIsFree,
    SellerMayNotSell,
    StripeRefused,
    TooManyPendingOrders,
)
from billing.locks import lock_order
from billing.models import Order, OrderImage
from billing.refusals import Fault
from billing.regions import in_another_region
from billing.selectors.orders import holds_all, image_ids_of_order, pending_order
from billing.selectors.stopped import closing_orders
from billing.services.connect import note_refused_sale
from billing.services.looks import flag_order, next_look, take_look, write_look
from billing.services.moves import MOVES
from common.currencies import currency
from common.db.leases import alone
from common.db.locking import locked_transaction, translate_violation
from common.errors import LockTimeout
from common.money import share
from marketplace.entitlements.errors import OwnProduct
from marketplace.images.models import Image
from marketplace.images.selectors.tags import newest_tags, visible_tags
from marketplace.products.locks import lock_product_with_images
from marketplace.products.models import Price, Product
from marketplace.products.selectors.offers import require_on_offer
from marketplace.products.selectors.sellers import sells

__all__ = ["MOVES", "close_checkout", "complete_order", "open_checkout", "place_order", "settle_order"]

CHECKOUT_LIFETIME = timedelta(hours=1)
# Stripe opens no session that would end sooner, so an order that has none yet gets none any more.
SHORTEST_SESSION = timedelta(minutes=31)
TAGS_KEPT = 20  # of each image, beside the version it leads with: an order is shown in one page and one answer
MOST_PENDING = 20  # of one person: each keeps a session open at Stripe
_LOOKS = 10  # whoever is overtaken asks anew, so as many as this get through at the same moment


def place_order(*, product: Product, user: User, buyer: Account | None = None) -> Order:
    """Write down that the user buys the product at its price of this moment; an order that is being paid already is resumed.

    Amount, currency, fee and digests are copied from our own rows; nothing of them comes from the buyer. A pending order at another
    price, of other images, whose session has run out, or whose placer buys for the buyer no longer is closed at Stripe first.

    An organisation's pending order is everybody's who buys for it: a colleague resumes it and is sent to the same Checkout Session, so
    that two people never pay for one thing. That session shows the address of whoever placed it; the receipt goes to the colleague too.

    Sellers do not buy from themselves, nor for an organisation: a sale to oneself lifts a product by money that comes back. A colleague
    of theirs may buy it: then somebody else decides, and the organisation pays for what it uses.

    Args:
        buyer: whose purchase it is; the user's own account unless said otherwise.

    Raises:
        EmailNotVerified: the user has no verified address.
        NoSuchOrganisation, RoleDoesNotBuy: the user does not, or no longer, buy for the buyer.
        OwnProduct: the user acts for the seller.
        ProductNotOnOffer: not published, or its seller or an image of it is stopped.
        ProductIsFree: there is nothing to pay.
        SellerMayNotSell: Stripe takes or pays out no money for the seller.
        AlreadyOwned: the buyer holds every image of it.
        PaymentUnderWay: an earlier order is being paid, or being looked at by staff.
        TooManyPendingOrders: the user has begun as many purchases as one may leave unpaid.
        StripeAway, StripeRefused: while closing an older order.
    """
    require_verified_email(user)
    buyer = buyer or user.account
    require_buyer(user, buyer)
    if sells(user, product):
        raise OwnProduct
    _close_outdated(product=product, buyer=buyer)
    with locked_transaction():
        keep_buyer(user=user, account=buyer)
        seller = lock_seller(account_id=product.seller_id)
        locked, images = lock_product_with_images(product_id=product.pk)
        price = require_on_offer(locked)
        if price.is_free:
            raise ProductIsFree
        if not seller.can_be_paid:
            raise SellerMayNotSell
        if holds_all(account=buyer, image_ids=[image.pk for image in images]):
            raise AlreadyOwned(name=buyer.name if buyer.kind == Account.Kind.ORGANISATION else "")
        pending = pending_order(account=buyer, product_id=locked.pk)
        if pending is not None:
            return _resumed(pending, price, images)
        _require_room(user)
        order = Order(
            buyer=buyer,
            placed_by=user,
            email=user.email,
            seller=seller,
            product=locked,
            price=price,
            product_title=locked.title,
            amount=price.amount,
            currency=price.currency,
            application_fee=share(price.amount, percent=settings.LAYERSTORE_APPLICATION_FEE_PERCENT, step=currency(price.currency).step),
            destination_account_id=str(seller.stripe_account_id),
        )
        return _write_order(order, images)


def _require_room(user: User) -> None:
    """Count under the user's lock, so that of two orders at once the second one counts the first."""
    if Order.objects.filter(placed_by=lock_user(user_id=user.pk), state=Order.State.PENDING).count() >= MOST_PENDING:
        raise TooManyPendingOrders(most=MOST_PENDING)


def _write_order(order: Order, images: list[Image]) -> Order:
    now = timezone.now()
    order.checkout_expires_at = (now + CHECKOUT_LIFETIME).replace(microsecond=0)  # Stripe counts whole seconds
    order.due_at = next_look(order, now)
    with translate_violation("order_one_pending", PaymentUnderWay()):
        order.save(force_insert=True)
    OrderImage.objects.bulk_create(_as_sold(order, images))
    record_audit(actor=order.placed_by, action="order.placed", target=order, price=str(order.price_id), buyer=str(order.buyer_id))
    return order


def _as_sold(order: Order, images: list[Image]) -> list[OrderImage]:
    featured = newest_tags([image.pk for image in images])
    sold = []
    for image in images:
        leading, tags = featured.get(image.pk), visible_tags().filter(image=image)
        row = OrderImage(order=order, image=image, repository=image.repository, tag_count=tags.count())
        row.digests = {tag.name: tag.manifest.digest for tag in tags[:TAGS_KEPT]}
        if leading is not None:
            row.featured_tag, row.digests[leading.name] = leading.name, leading.manifest.digest
        sold.append(row)
    return sold


def _close_outdated(*, product: Product, buyer: Account) -> None:
    pending = pending_order(account=buyer, product_id=product.pk)
    if pending is None or pending.flagged_at is not None:
        return
    price = Price.objects.filter(product=product, retired_at__isnull=True).first()
    if price is None or not _is_current(pending, price.pk, set(product.images.values_list("pk", flat=True)), timezone.now()):
        close_checkout(order_id=pending.pk)


def _is_current(order: Order, price_id: UUID, image_ids: set[UUID], now: datetime) -> bool:
    needed = timedelta(0) if order.checkout_session_id else SHORTEST_SESSION
    same = order.price_id == price_id and image_ids_of_order(order.pk) == image_ids and order.checkout_expires_at - now > needed
    return same and buys_for(order.placed_by_id, order.buyer)


def _resumed(pending: Order, price: Price, images: list[Image]) -> Order:
    current = _is_current(pending, price.pk, {image.pk for image in images}, timezone.now())
    if pending.flagged_at is not None or not current:
        raise PaymentUnderWay
    return pending


def open_checkout(*, order: Order) -> str:
    """Return the address where the buyer goes on: Stripe's page while there is something to pay, else our own page of the order.

    The order is the intent, written before; its id is Stripe's idempotency key. Whoever dies between Stripe's answer and our note of it
    is healed by the next call, which gets the same session.

    Raises:
        StripeAway: nothing is known; call again.
        StripeRefused: no session for this order; it has failed, and a new one may be placed.
        PaymentUnderWay: Stripe does not tell of the session it has; staff look at it.
    """
    ours = settings.LAYERSTORE_PUBLIC_URL + reverse("billing:checkout_return", args=[order.pk])
    try:
        current = complete_order(order_id=order.pk)
    except StripeRefused as refused:
        _flag(order_id=order.pk, flag=f"Stripe does not tell of this order: {refused.reason}")
        raise PaymentUnderWay from refused
    if current.checkout_session_id is None and current.state == Order.State.PENDING:
        try:
            checkout = gateway.create_checkout(_sale(current))
        except StripeRefused as refused:
            _fail(order_id=order.pk, refused=refused)
            if refused.refusal.fault is Fault.SELLER:
                note_refused_sale(stripe_account_id=order.destination_account_id, refused=refused)
            raise
        current = _note_checkout(order_id=order.pk, checkout=checkout)
        if current.seller.stripe_problem:
            record_stripe_problem(stripe_account_id=current.destination_account_id, sentence="")
    return current.checkout_url or ours


def _sale(order: Order) -> gateway.Sale:
    return gateway.Sale(
        order_id=order.pk,
        buyer_id=order.buyer_id,
        email=order.email,
        title=order.product_title,
        image_names=tuple(image.repository for image in order.images.all()),
        price=order.money,
        fee=order.application_fee,
        destination=order.destination_account_id,
        on_behalf_of_seller=_settles_with_seller(order),
        expires_at=order.checkout_expires_at,
    )


def _settles_with_seller(order: Order) -> bool:
    """Whether the receiver's account is in another region than ours; a country of an account never changes."""
    seller = order.seller
    same = seller.stripe_account_id == order.destination_account_id
    return same and in_another_region(seller.stripe_country, ours=settings.LAYERSTORE_STRIPE_COUNTRY)


def _note_checkout(*, order_id: UUID, checkout: gateway.Checkout) -> Order:
    with locked_transaction():
        order = lock_order(order_id=order_id)
        if order.checkout_session_id is None:
            order.checkout_session_id = checkout.session_id
            # Closed while Stripe was opening it: nobody is sent there, and the sweep or its webhook ends it.
            order.checkout_url = checkout.url if order.state == Order.State.PENDING else ""
            order.save(update_fields=["checkout_session_id", "checkout_url"])
    return order


def _flag(*, order_id: UUID, flag: str) -> None:
    """Show staff an order now; the first flag stays."""
    with locked_transaction():
        order = lock_order(order_id=order_id)
        flag_order(order, flag)
        order.save(update_fields=["flagged_at", "flag"])


def _fail(*, order_id: UUID, refused: StripeRefused) -> None:
    """End the order; what its buyer cannot mend is shown to staff with Stripe's own words."""
    order = _end_without_session(order_id=order_id, state=Order.State.FAILED, reason=refused.reason)
    if refused.refusal.fault is not Fault.BUYER and order.state == Order.State.FAILED:
        _flag(order_id=order_id, flag=f"Stripe refused the checkout ({refused.refusal.fault}): {refused.reason}")


def complete_order(*, order_id: UUID, reason: str = "") -> Order:
    """Bring the order in line with what Stripe says of it now: the one way by which webhook, return page and sweep complete it.

    Idempotent, and safe in any number of threads: the same effects once, whoever comes first.

    Args:
        reason: why it was brought to where it is now, for the audit trail.

    Raises:
        StripeAway: nothing changed.
        StripeRefused: Stripe does not tell of it, as of one that was made under another key or mode.
        LockTimeout: others look at the same order all the time; retryable.
    """
    for _ in range(_LOOKS):
        look = take_look(order_id=order_id)
        if look is None:
            return Order.objects.get(pk=order_id)
        with locked_transaction():
            order = write_look(look, reason=reason)
        if order is not None:
            return order
    raise LockTimeout


def close_checkout(*, order_id: UUID, reason: str = "") -> Order:
    """End an order's checkout: nobody can pay it afterwards. If somebody has, the order comes back paid.

    Args:
        reason: for the audit trail.

    Raises:
        StripeAway: nothing is known; call again.
    """
    order = Order.objects.get(pk=order_id)
    if order.checkout_session_id is None:
        return _end_without_session(order_id=order_id, state=Order.State.EXPIRED, reason=reason or "It was never opened at Stripe.")
    with suppress(StripeRefused):  # complete or expired already: the look tells which
        gateway.expire_checkout(order.checkout_session_id)
    return complete_order(order_id=order_id, reason=reason)


def _end_without_session(*, order_id: UUID, state: Order.State, reason: str) -> Order:
    """Close a pending order that knows no session: should Stripe have one after all, its address never reached anybody."""
    with locked_transaction():
        order = lock_order(order_id=order_id)
        if order.state == Order.State.PENDING and order.checkout_session_id is None:
            order.state, order.closed_at, order.revision = state, timezone.now(), order.revision + 1
            order.save(update_fields=["state", "closed_at", "revision"])
            record_audit(actor=None, action=f"order.{state.value}", target=order, reason=reason)
    return order


def settle_order(*, order_id: UUID) -> Order:
    """Ask Stripe about a pending order whose webhook has not come; nothing while somebody else asks.

    It ends if its time is over, or if its seller, product or image was stopped meanwhile.

    Raises:
        StripeAway, StripeRefused, LockTimeout: as `complete_order` says.
    """
    with alone(asking(order_id)) as first:
        return _settle(order_id) if first else Order.objects.get(pk=order_id)


def asking(order_id: UUID) -> str:
    """Return the name under which one process at a time asks Stripe about an order whose news nobody has brought."""
    return f"billing.order:{order_id}"


def _settle(order_id: UUID) -> Order:
    order = complete_order(order_id=order_id)
    if order.state != Order.State.PENDING or (order.checkout_session_id is not None and not order.checkout_url):
        return order  # nothing to close, or a bank debit under way
    if closing_orders().filter(pk=order_id).exists():
        return close_checkout(order_id=order_id, reason="Nobody may buy it any more: its seller, product or image was stopped.")
    return close_checkout(order_id=order_id) if order.checkout_expires_at <= timezone.now() else order
