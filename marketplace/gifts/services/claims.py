"""A gift is claimed: once, into an account for which somebody buys."""

from collections.abc import Sequence

from django.utils import timezone

from accounts.organisations.buying import keep_buyer
from accounts.people.models import Account, User
from accounts.people.selectors import require_verified_email
from accounts.sellers.locks import lock_seller
from accounts.sellers.models import SellerProfile
from audit.services import record_audit
from common.db.locking import locked_transaction
from marketplace.entitlements.errors import OwnProduct
from marketplace.entitlements.models import Entitlement
from marketplace.entitlements.selectors import has_for_good
from marketplace.entitlements.services.grants import grant_entitlements
from marketplace.gifts.errors import GiftClosed, GiftNotUsable, GiftOwnedAlready
from marketplace.gifts.locks import lock_gift
from marketplace.gifts.models import Gift
from marketplace.images.locks import lock_images
from marketplace.images.models import Image
from marketplace.products.locks import lock_product
from marketplace.products.models import Product
from marketplace.products.selectors.offers import sells


def claim_gift(*, gift: Gift, user: User, holder: Account) -> Gift:
    """Put the gift into the holder's library; of any number of people who try at once exactly one succeeds.

    The caller has seen its link. Its entitlements are those of its source, so they end with it.

    Raises:
        EmailNotVerified: the user has no verified address.
        NoSuchOrganisation, RoleDoesNotBuy: the user does not, or no longer, buy for the holder.
        OwnProduct: the user acts for the seller.
        GiftClosed: it was claimed, taken back, not claimed in time, or its payment is disputed or being given back.
        GiftOwnedAlready: the holder has all of it for good; it stays unclaimed.
        GiftNotUsable: the product or its seller was stopped; it stays unclaimed.
    """
    require_verified_email(user)
    with locked_transaction():
        keep_buyer(user=user, account=holder)
        seller = lock_seller(account_id=gift.product.seller_id)
        images = lock_images(image_ids=gift.images.values_list("pk", flat=True))
        product = lock_product(product_id=gift.product_id)
        current = lock_gift(gift_id=gift.pk)
        if current.why_closed:
            raise GiftClosed(current.why_closed)
        if sells(user, product):
            raise OwnProduct
        if has_for_good(holder, [image.pk for image in images]):
            raise GiftOwnedAlready(name=holder.name if holder.kind == Account.Kind.ORGANISATION else "")
        require_usable(current, seller, product, images)
        hand_over(current, holder, user, images)
        record_audit(actor=user, action="gift.claimed", target=current, holder=str(holder.pk))
    return current


def require_usable(gift: Gift, seller: SellerProfile, product: Product, images: Sequence[Image]) -> None:
    """Make sure that what the gift gives can be had. What a buyer has paid for is kept when its seller stops selling, as every purchase is.

    Raises:
        GiftNotUsable: it cannot.
    """
    gone = [image for image in images if image.taken_down_at is not None or image.freed_at is not None]
    stopped = seller.suspended_at is not None or product.state == Product.State.SUSPENDED
    if gone or not images or (stopped and gift.source_kind == Gift.Source.SELLER):
        raise GiftNotUsable


def hand_over(gift: Gift, holder: Account, user: User, images: Sequence[Image]) -> None:
    """Grant what the gift gives and note who has it. The caller holds its lock and those of what is in it."""
    gift.claimed_at, gift.claimed_by, gift.holder = timezone.now(), user, holder
    gift.save(update_fields=["claimed_at", "claimed_by", "holder"])
    kind = Entitlement.Source(gift.source_kind)
    grant_entitlements(holder=holder, images=images, source_kind=kind, source_id=gift.source_id, ends_at=gift.access_ends_at)
