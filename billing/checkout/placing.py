"""An order is placed."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from accounts.organisations.buying import buys_for, keep_buyer, require_buyer
from accounts.people.locks import lock_user
from accounts.people.models import Account, User
from accounts.people.selectors import require_verified_email
from accounts.sellers.locks import lock_seller
from audit.services import record_audit
from billing.checkout.amounts import Due, Wish, due_for, due_now
from billing.checkout.errors import PaymentUnderWay, ProductIsFree, SubscribedToPart, SubscriptionIsNoGift, TooManyPendingOrders
from billing.credits.selectors import Purchase, credit_now
from billing.credits.services import note_credits, reserve_credit
from billing.discounts.errors import DiscountNotForGifts
from billing.discounts.models import Discount, DiscountUse
from billing.discounts.quotes import Quote, quote
from billing.discounts.recurring import fee_of_payment
from billing.discounts.selectors import require_usable
from billing.discounts.services import note_use, reserve_discount
from billing.gifts.services import GiftWish, note_wish, wish_of
from billing.orders.errors import AlreadyOwned, SellerMayNotSell
from billing.orders.metrics import note_order
from billing.orders.models import Order, OrderImage
from billing.orders.selectors import holds_all, image_ids_of_order, pending_order, renewing_within
from billing.orders.sold_images import as_sold
from billing.orders.sold_pages import keep_page
from billing.payments.free import grant_free_order
from billing.payments.observation import next_observation_at
from billing.payments.reconcile import close_checkout
from billing.renewals.editions import choices_for
from billing.renewals.links import edition_url
from billing.stripe.checkout import fee_by_percent
from common.db.errors import LockTimeout
from common.db.locking import locked_transaction, translate_violation
from common.money import Money
from marketplace.entitlements.errors import OwnProduct
from marketplace.images.models import Image
from marketplace.products.locks import lock_product_with_images
from marketplace.products.models import Price, Product
from marketplace.products.selectors.editions import images_sold, sold_for, title_sold
from marketplace.products.selectors.offers import require_offered, sells

CHECKOUT_LIFETIME = timedelta(hours=1)
# Stripe opens no session that would end sooner, so an order with less time left and no session gets none any more.
SHORTEST_SESSION = timedelta(minutes=31)
MOST_PENDING = 20  # of one person: each keeps a session open at Stripe


def place_order(
    *,
    product: Product,
    user: User,
    buyer: Account | None = None,
    wish: Wish | None = None,
    discount: Discount | None = None,
    gift: GiftWish | None = None,
) -> Order:
    """Record that the user buys the product at the price that they were shown, or with a discount; an order that is being paid is resumed.

    Currency, fee and digests are copied from our own rows, and so is the amount, unless the seller lets the buyer decide it
    (`billing.checkout.amounts`). What the buyer has paid for what is contained in it is credited first (`billing.credits`), and a discount
    counts for the rest. A pending order at another price or amount, of other images or for somebody else, whose session has run
    out, or whose placer no longer buys for the buyer is closed at Stripe first.

    An organisation's pending order belongs to all who buy for it: a colleague resumes it and is sent to the same Checkout Session, so
    that two people never pay for one thing. That session shows the address of whoever placed it; the receipt goes to the colleague too.

    Sellers do not buy from themselves, nor for an organisation: a sale to oneself lifts a product by money that comes back. A colleague
    of theirs may buy it: then somebody else decides, and the organisation pays for what it uses.

    Args:
        buyer: whose purchase it is; the user's own account unless said otherwise.
        wish: the price that they were shown, which says the edition too, and the amount where they decide; the leading price unless
            said otherwise.
        discount: a use of it is taken until the order expires, fails or is wholly refunded. What costs nothing with it is theirs at once.
            Without one, an order that was placed with one is resumed all the same: they are to pay less.
        gift: for whom it is, if not for the buyer. What the buyer has already can be given to others.

    Raises:
        EmailNotVerified: the user has no verified address.
        NoSuchOrganisation, RoleDoesNotBuy: the user does not, or no longer, buy for the buyer.
        OwnProduct: the user acts for the seller.
        ProductNotOffered: it is not published, its seller is suspended, or an image in it cannot be sold or pulled.
        PriceChanged: the price that they were shown is not current any more; an order that is being paid goes on.
        AmountRefused: the buyer decides, and may not pay this amount.
        ProductIsFree: there is nothing to pay.
        SellerMayNotSell: Stripe takes or pays out no money for the seller.
        AlreadyOwned: the buyer holds every image of it, or of that edition.
        SubscriptionIsNoGift: it is paid by the month or the year.
        SubscribedToPart: so is a part of it, by the same buyer.
        PaymentUnderWay: an earlier order is being paid, or checked by staff.
        TooManyPendingOrders: the user has as many unpaid purchases as one person may have.
        DiscountRefused: the discount does not count for this purchase; none does for a gift.
        CreditChanged: what was to be credited was credited elsewhere at the same moment.
        StripeAway, StripeRefused: while closing an older order.
    """
    require_verified_email(user)
    buyer, wish = buyer or user.account, wish or Wish()
    require_buyer(user, buyer)
    if sells(user, product):
        raise OwnProduct
    if gift is not None and discount is not None:
        raise DiscountNotForGifts
    _close_outdated(product=product, buyer=buyer, wish=wish, discount=discount, gift=gift)
    with locked_transaction():
        keep_buyer(user=user, account=buyer)
        seller = lock_seller(account_id=product.seller_id)
        locked, images = lock_product_with_images(product_id=product.pk)
        if locked.seller_id != seller.pk:  # handed over while we waited for the locks
            raise LockTimeout
        due = due_for(require_offered(locked, wish.price_id), wish)
        _refuse_recurring_gift(due, gift)
        if not due.money.minor:
            raise ProductIsFree
        if not (seller.can_be_paid and seller.takes(due.price.currency)):
            raise SellerMayNotSell
        images = sold_for(due.price, images)
        if gift is None and holds_all(account=buyer, image_ids=[image.pk for image in images]):
            raise AlreadyOwned(name=buyer.name if buyer.kind == Account.Kind.ORGANISATION else "")
        _refuse_second_subscription(due, buyer, images, discount)
        pending = pending_order(account=buyer, product_id=locked.pk)
        if pending is not None:
            return _resumed(pending, due, images, discount, gift)
        if discount is not None:
            discount = reserve_discount(discount, product=locked, price=due.price, user=user, buyer=buyer)
        credited = reserve_credit(_purchase_of(due, {image.pk for image in images}, buyer, gift))
        rest = due.money - credited.money
        discount = discount if rest.minor else None  # nothing is left that it could reduce, so it is not used
        now = timezone.now()
        offered = quote(discount, rest, seller_id=seller.pk, at=now)
        _require_room(user, offered.price)
        order = Order(
            buyer=buyer,
            placed_by=user,
            email=user.email,
            seller=seller,
            product=locked,
            price=due.price,
            product_title=title_sold(locked, due.price),
            sold_page_id=keep_page(locked),
            amount=offered.price.minor,
            currency=due.money.currency,
            discount_amount=offered.off.minor,
            discount_code=discount.code if discount else "",
            credit_amount=credited.money.minor,
            application_fee=_fee(due.price, offered, at=now).minor,
            refund_days=locked.refund_days,
            unpulled_refund_days=settings.LAYERSTORE_UNPULLED_REFUND_DAYS,
            destination_account_id=str(seller.stripe_account_id),
            created_at=now,
        )
        _write_order(order, images)
        note_wish(order, gift)
        note_credits(credited, order=order)
        if discount is not None:
            note_use(discount, order=order)
        return order if order.amount else grant_free_order(order, images)


def _purchase_of(due: Due, image_ids: set[UUID], buyer: Account, gift: GiftWish | None) -> Purchase:
    return Purchase(buyer, due.price, due.money, frozenset(image_ids if gift is None else ()))  # what is given away replaces nothing


def _fee(price: Price, offered: Quote, *, at: datetime) -> Money:
    if not price.interval or not offered.fee.minor:
        return offered.fee
    if offered.off.minor:
        return fee_of_payment(price.money, offered.price, seller_id=price.product.seller_id, at=at)
    return fee_by_percent(offered.fee, offered.price)


def _require_room(user: User, due: Money) -> None:
    """Count under the user's lock, so that of two orders at once the second one counts the first.

    What costs nothing is never pending; and it may end a trial, which is locked before its user.
    """
    if due.minor and Order.objects.filter(placed_by=lock_user(user_id=user.pk), state=Order.State.PENDING).count() >= MOST_PENDING:
        raise TooManyPendingOrders(most=MOST_PENDING)


def _write_order(order: Order, images: list[Image]) -> None:
    now = timezone.now()
    order.checkout_expires_at = (now + CHECKOUT_LIFETIME).replace(microsecond=0)  # Stripe counts whole seconds
    order.due_at = next_observation_at(order, now)
    with translate_violation("order_one_pending", PaymentUnderWay()):
        order.save(force_insert=True)
    note_order(state=Order.State.PENDING)
    OrderImage.objects.bulk_create(as_sold(order, images))
    record_audit(actor=order.placed_by, action="order.placed", target=order, price=str(order.price_id), buyer=str(order.buyer_id))


def _close_outdated(*, product: Product, buyer: Account, wish: Wish, discount: Discount | None, gift: GiftWish | None) -> None:
    pending = pending_order(account=buyer, product_id=product.pk)
    if pending is None or pending.flagged_at is not None:
        return
    due = due_now(product, wish)
    images = images_sold(product, due.price.edition) if due else set()
    _refuse_recurring_gift(due, gift)
    if due is None or not _is_current(pending, due, images, discount, gift):
        if discount is not None and due is not None:  # what does not count closes nothing
            require_usable(discount, product=product, price=due.price)
        close_checkout(order_id=pending.pk)


def _refuse_second_subscription(due: Due, buyer: Account, images: list[Image], discount: Discount | None) -> None:
    """Who subscribes to a smaller edition, or to an image of a bundle, does not pay for it by the period twice."""
    part = renewing_within(buyer, [image.pk for image in images]) if due.price.interval else None
    if part is not None:
        if discount is not None:  # one that never counts is refused here, and sends nobody away to wait for it
            require_usable(discount, product=due.price.product, price=due.price)
        changes = part.product_id == due.price.product_id and any(one.price.pk == due.price.pk for one in choices_for(part))
        path = edition_url(part.pk, due.price.pk, code=discount.code if discount else "") if changes else ""
        raise SubscribedToPart(title=part.product_title, change_path=path)


def _refuse_recurring_gift(due: Due | None, gift: GiftWish | None) -> None:
    if gift is not None and due is not None and due.price.interval:
        raise SubscriptionIsNoGift


def _is_current(order: Order, due: Due, image_ids: set[UUID], discount: Discount | None, gift: GiftWish | None) -> bool:
    needed = timedelta(0) if order.checkout_session_id else SHORTEST_SESSION
    same_price = order.price_id == due.price.pk and order.list_price == due.money
    same = same_price and image_ids_of_order(order.pk) == image_ids and order.checkout_expires_at - timezone.now() > needed
    if discount is not None and not DiscountUse.objects.filter(order=order, discount=discount).exists():
        return False
    credited = credit_now(_purchase_of(due, image_ids, order.buyer, gift), besides=order)
    same = same and credited.money == order.credit and wish_of(order) == gift
    return same and buys_for(order.placed_by_id, order.buyer)


def _resumed(pending: Order, due: Due, images: list[Image], discount: Discount | None, gift: GiftWish | None) -> Order:
    current = _is_current(pending, due, {image.pk for image in images}, discount, gift)
    if pending.flagged_at is not None or not current:
        raise PaymentUnderWay
    return pending
