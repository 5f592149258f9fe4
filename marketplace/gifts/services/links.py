"""The link of a gift: made, mailed and made anew; only its newest works."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.utils import timezone

from accounts.organisations.buying import keep_buyer
from accounts.people.models import Account, User
from accounts.tokens import secrets
from audit.services import record_audit
from common.db.locking import locked_transaction
from common.web.links import absolute
from marketplace.gifts.errors import GiftClosed
from marketplace.gifts.locks import lock_gift
from marketplace.gifts.models import Gift
from marketplace.images.models import Image
from marketplace.images.ownership import require_owner
from marketplace.products.models import Product
from outbox.mail.services import queue_mail

LIFETIMES: Final = {Gift.Source.ORDER: timedelta(days=60), Gift.Source.SELLER: timedelta(days=30)}


def open_gift_of_order(
    *,
    order_id: UUID,
    giver: Account,
    given_by: User,
    product: Product,
    title: str,
    images: Iterable[Image],
    email: str,
    message: str,
    otherwise: str,
) -> Gift:
    """Make the gift that an order has paid for, and mail its link. Runs in the caller's transaction, under the order's lock.

    Args:
        title: what was paid for, as the order says it.
        email: the recipient's address; empty if the giver passes the link on.
        otherwise: the giver's address, for that.
    """
    gift = Gift(
        source_kind=Gift.Source.ORDER,
        source_id=order_id,
        giver=giver,
        given_by=given_by,
        product=product,
        title=title,
        email=email,
        message=message,
    )
    secret = make_link(gift)
    gift.save(force_insert=True)
    gift.images.set(images)
    mail_link(gift, secret, otherwise=otherwise)
    return gift


def renew_gift(*, gift: Gift, email: str, actor: User) -> str:
    """Send the gift again, to the same or another address, or make a link to pass on; return the link's secret. The link before ends.

    Its time begins anew, so an expired gift is open again.

    Args:
        email: where the link goes; empty for a link that the giver passes on.

    Raises:
        NoSuchOrganisation, RoleDoesNotBuy, NotYours, RoleNotEnough: the actor does not act for its giver, or no longer.
        GiftClosed: it was claimed or taken back, or its payment is disputed or being given back.
    """
    with locked_transaction():
        if gift.source_kind == Gift.Source.ORDER:
            keep_buyer(user=actor, account=gift.giver)
        else:
            require_owner(actor, gift.giver_id)
        current = lock_gift(gift_id=gift.pk)
        if not current.is_unclaimed:
            raise GiftClosed(current.why_closed)
        secret = make_link(current)
        current.email, current.expiry_told_at = email.strip().lower(), None
        current.save(update_fields=["secret_hash", "expires_at", "email", "expiry_told_at"])
        record_audit(actor=actor, action="gift.sent_again", target=current, by_mail=bool(email))
        mail_link(current, secret)
    return secret


def make_link(gift: Gift) -> str:
    """Give the gift a new link, to be saved by the caller; return its secret."""
    secret, now = secrets.new_gift_secret(), timezone.now()
    gift.secret_hash = secrets.secret_hash(secret)
    gift.expires_at = now + LIFETIMES[Gift.Source(gift.source_kind)]
    if gift.access_ends_at is not None:
        gift.expires_at = min(gift.expires_at, gift.access_ends_at)
    return secret


def link_of(secret: str) -> str:
    """Return the address that claims the gift."""
    return absolute("marketplace:gift_link", key=secret)


def mail_link(gift: Gift, secret: str, *, otherwise: str = "") -> None:
    """Mail the link to the recipient's address, if there is one; else to the giver, who passes it on.

    Args:
        otherwise: the giver's address; empty if they have the link already.
    """
    context = {"gift": gift, "link": link_of(secret)}
    # The hash is another one for each link, and tells nothing of it.
    if gift.email:
        queue_mail(to=gift.email, template="gift", context=context, key=f"gift:{gift.secret_hash}", origin=str(gift.giver_id))
    elif otherwise:
        queue_mail(to=otherwise, template="gift_to_pass_on", context=context, key=f"gift:{gift.secret_hash}")
