"""Sellers give access to their own products without payment: to an account, to an address, or as a link that they pass on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext

from accounts.organisations.models import MANAGING_ROLES
from accounts.organisations.selectors import people_of
from accounts.people.models import Account, User
from accounts.people.selectors import require_verified_email
from accounts.sellers.locks import lock_seller
from accounts.sellers.models import SellerProfile
from audit.services import record_audit, require_reason
from common.db.locking import locked_transaction
from common.ids import new_id
from marketplace.entitlements.errors import OwnProduct
from marketplace.entitlements.selectors import has_for_good
from marketplace.gifts.errors import GiftNotNeeded, GiftOver, NothingToGive, TooManyGifts, TooManyGiftsToAddress
from marketplace.gifts.models import Gift, GiftImage
from marketplace.gifts.services.claims import hand_over, require_usable
from marketplace.gifts.services.links import mail_link, make_link
from marketplace.images.errors import SellerIsSuspended
from marketplace.images.models import Image
from marketplace.images.ownership import require_owner
from marketplace.products.errors import InvalidEdition
from marketplace.products.locks import lock_product_with_images
from marketplace.products.models import Edition, Product
from marketplace.products.selectors.editions import images_sold, title_of
from outbox.mail.services import queue_mail

A_DAY: Final = 500  # of a seller whom Stripe knows
A_DAY_UNKNOWN: Final = 20  # of a seller of whom nothing is known yet
A_DAY_TO_ONE: Final = 3  # address, whoever gives
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Giving:
    """What is given to whom.

    Attributes:
        email: where the link goes, in lower case; empty for a link that the seller passes on.
        access_ends_at: until when; None for good.
        upload_key: as `Gift.upload_key`.
        edition: of the product; None for the whole product.
    """

    product: Product
    email: str = ""
    message: str = ""
    access_ends_at: datetime | None = None
    upload_key: str = ""
    edition: Edition | None = None

    def of(self, images: Sequence[Image]) -> list[Image]:
        """Return what of the product's images is given.

        Raises:
            InvalidEdition: it is an edition of another product, which may hold some of the same images.
        """
        if self.edition is not None and self.edition.product_id != self.product.pk:
            raise InvalidEdition(field="edition", sentence=gettext("Choose one of the product’s editions."))
        held = images_sold(self.product, self.edition) if self.edition else None
        return [image for image in images if held is None or image.pk in held]


def give_link(*, giving: Giving, reason: str, actor: User) -> tuple[Gift, str]:
    """Make a link that gives access to the product to whoever claims it first; return it with the link's secret.

    Raises:
        EmailNotVerified: the actor has no verified address.
        NotYours, RoleNotEnough: the actor does not decide for the seller.
        ReasonMissing: no reason.
        GiftOver: its end is not in the future.
        SellerIsSuspended, NothingToGive: the seller or the product was stopped, or it has nothing to pull.
        InvalidEdition: it is an edition of another product.
        TooManyGifts, TooManyGiftsToAddress: enough for one day.
    """
    require_verified_email(actor)
    require_owner(actor, giving.product.seller_id)
    require_reason(reason)
    with locked_transaction():
        seller = lock_seller(account_id=giving.product.seller_id)
        require_room(seller, [giving])
        ((gift, secret),) = write_gifts(seller, [giving], reason=reason, actor=actor)
    return gift, secret


def give_to_account(*, giving: Giving, holder: Account, reason: str, actor: User) -> Gift:
    """Put the product into an account's library at once, and tell its people.

    Raises:
        EmailNotVerified, NotYours, RoleNotEnough, ReasonMissing, GiftOver, SellerIsSuspended: as `give_link`.
        NothingToGive, InvalidEdition, TooManyGifts: as there.
        OwnProduct: the holder is the seller.
        GiftNotNeeded: the holder has all of it for good.
        GiftNotUsable: an image in it was taken down.
    """
    require_verified_email(actor)
    require_owner(actor, giving.product.seller_id)
    require_reason(reason)
    with locked_transaction():
        seller = lock_seller(account_id=giving.product.seller_id)
        product, all_images = lock_product_with_images(product_id=giving.product.pk)
        images = giving.of(all_images)
        require_room(seller, [giving])
        if holder.pk == product.seller_id:
            raise OwnProduct
        ((gift, _),) = write_gifts(seller, [giving], reason=reason, actor=actor)
        if has_for_good(holder, [image.pk for image in images]):
            raise GiftNotNeeded(name=holder.name)
        require_usable(gift, seller, product, images)
        gift.secret_hash = None
        gift.save(update_fields=["secret_hash"])
        hand_over(gift, holder, actor, images)
        for reader in people_of(holder, roles=MANAGING_ROLES):
            queue_mail(to=reader.email, template="gift", context={"gift": gift, "link": ""}, key=f"gift:{gift.pk}:{reader.pk}")
    return gift


def write_gifts(seller: SellerProfile, givings: Sequence[Giving], *, reason: str, actor: User) -> list[tuple[Gift, str]]:
    """Write gifts with their links and mail them; return each with its link's secret. The caller holds the seller's lock.

    Raises:
        SellerIsSuspended, NothingToGive, InvalidEdition, GiftOver: as `give_link`.
    """
    if seller.suspended_at is not None:
        raise SellerIsSuspended
    images = _images_of({giving.product.pk for giving in givings})
    written: list[tuple[Gift, str]] = []
    contents: list[GiftImage] = []
    for giving in givings:
        if giving.access_ends_at is not None and giving.access_ends_at <= timezone.now():
            raise GiftOver
        given = giving.of(images.get(giving.product.pk, []))
        if not given:
            raise NothingToGive
        gift = _new(seller, giving, reason=reason, actor=actor)
        written.append((gift, make_link(gift)))
        contents += [GiftImage(gift=gift, image=image) for image in given]
    Gift.objects.bulk_create([gift for gift, _ in written])
    GiftImage.objects.bulk_create(contents)
    for gift, secret in written:
        record_audit(actor=actor, action="gift.given", target=gift, reason=reason, seller=str(seller.pk))
        mail_link(gift, secret)
    return written


def require_room(seller: SellerProfile, givings: Sequence[Giving]) -> None:
    """Make sure that the seller, and everybody for each address, has not given enough for one day. Under the seller's lock it holds.

    Raises:
        TooManyGifts, TooManyGiftsToAddress: they have.
    """
    most = A_DAY if seller.can_be_paid else A_DAY_UNKNOWN
    today = Gift.objects.filter(created_at__gt=timezone.now() - _DAY)
    given = today.filter(giver=seller.pk, source_kind=Gift.Source.SELLER).count()
    if given + len(givings) > most:
        raise TooManyGifts(most=most)
    addresses = [giving.email for giving in givings if giving.email]
    sent = list(today.filter(email__in=addresses).values_list("email", flat=True)) + addresses
    for email in addresses:
        if sent.count(email) > A_DAY_TO_ONE:
            raise TooManyGiftsToAddress(email=email)


def _new(seller: SellerProfile, giving: Giving, *, reason: str, actor: User) -> Gift:
    gift_id = new_id()
    return Gift(
        id=gift_id,
        source_kind=Gift.Source.SELLER,
        source_id=gift_id,
        giver_id=seller.pk,
        given_by=actor,
        product=giving.product,
        title=title_of(giving.product, giving.edition) if giving.edition else "",
        email=giving.email,
        message=giving.message,
        reason=reason[:500],
        access_ends_at=giving.access_ends_at,
        upload_key=giving.upload_key,
    )


def _images_of(product_ids: set[UUID]) -> dict[UUID, list[Image]]:
    """Return what can be given of each product: all of its images, or nothing if one of them cannot be pulled or staff stopped it."""
    found: dict[UUID, list[Image]] = {}
    products = Product.objects.filter(pk__in=product_ids).exclude(state=Product.State.SUSPENDED).prefetch_related("images")
    for product in products:
        images = list(product.images.all())
        if all(image.ended_at is None and image.taken_down_at is None for image in images):
            found[product.pk] = images
    return found
