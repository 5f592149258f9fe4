"""Giving an added image to those who have bought a product before."""

from functools import partial
from typing import Final
from uuid import UUID

from django.utils import timezone

from accounts.people.models import User
from audit.services import record_audit
from common.db.locking import locked_transaction, translate_violation
from common.db.row_failures import isolate_failure
from common.ops.queue import queue_after_commit
from common.web.links import absolute, absolute_path
from marketplace.entitlements.services.extending import extend_entitlements
from marketplace.gifts.models import GiftImage
from marketplace.growth.errors import NobodyToReach, NotPublished, ReachingAlready
from marketplace.growth.models import Growth
from marketplace.growth.selectors import gifts_lacking, images_lacked, owners_lacking, to_mail
from marketplace.images.models import Image
from marketplace.images.ownership import require_owner, require_seller_in_good_standing
from marketplace.products.locks import lock_product
from marketplace.products.models import Product
from marketplace.products.selectors.pages import product_url
from marketplace.updates.models import UpdateSubscription
from marketplace.updates.selectors import unsubscribe_key
from outbox.mail.services import queue_mail

BATCH: Final = 200  # owners that are looked up at once, and mails in one transaction
MOST_BATCHES: Final = 50  # of one product in one run: then it is another one's turn
MOST_ROUNDS: Final = 20


def reach_earlier_buyers(*, product: Product, image: Image, actor: User) -> Growth:
    """Have an image of a product given to all who have the product and lack it: what they bought grows, and ends as it would have.

    It cannot be taken back. The worker does it, and mails those who want mail about the product, once. Whose subscription is not paid at
    this moment gets it with the next payment.

    Raises:
        NotYours, RoleNotEnough: the actor does not decide for the seller.
        SellerIsSuspended: nothing of theirs is sold.
        NotPublished: the product is not for sale.
        NobodyToReach: the image is not in it, was taken down, or nobody lacks it.
        ReachingAlready: it is being done.
    """
    require_owner(actor, product.seller_id)
    require_seller_in_good_standing(product.seller_id)
    with locked_transaction():
        locked = lock_product(product_id=product.pk)
        if locked.state != Product.State.PUBLISHED:
            raise NotPublished
        if not images_lacked(locked.pk).filter(pk=image.pk).exists():
            raise NobodyToReach(repository=image.repository)
        growth = Growth(product=locked, image=image, asked_by=actor)
        with translate_violation("growth_one_at_a_time", ReachingAlready(repository=image.repository)):
            growth.save(force_insert=True)
        record_audit(actor=actor, action="product.reached_earlier_buyers", target=locked, image=image.repository)
        queue_after_commit("marketplace.grow_products")
    return growth


def grow_products() -> int:
    """Give added images to earlier buyers, and mail those who want to know. Return to how many one was given.

    A run that is cut off goes on where it stopped. What cannot be given to one now stops nobody else, and is tried again in the next run.
    """
    given = 0
    for growth in Growth.objects.filter(done_at__isnull=True).select_related("product__namespace", "image").order_by("created_at"):
        given += isolate_failure(partial(_go_on, growth), row=growth.pk) or 0
    return given


def _go_on(growth: Growth) -> int:
    given = _give(growth) if growth.given_at is None else 0
    if growth.given_at is not None:
        _mail(growth)
    return given


def _give(growth: Growth) -> int:
    """Give the image to some, and note how far that came."""
    before = growth.given
    _put_into_gifts(growth)
    for _ in range(MOST_BATCHES):
        batch = list(owners_lacking(growth.product_id, growth.image_id).filter(pk__gt=growth.cursor or UUID(int=0))[:BATCH])
        if not batch:
            _end_round(growth)
            break
        for holder_id, kind, source_id in dict.fromkeys((one.holder_id, one.source_kind, one.source_id) for one in batch):
            extend = partial(extend_entitlements, holder_id=holder_id, source_kind=kind, source_id=source_id, image=growth.image)
            growth.given += isolate_failure(extend, row=source_id) or 0  # the next round meets it again
        growth.cursor = batch[-1].pk
        growth.save(update_fields=["cursor", "given"])
    return growth.given - before


def _end_round(growth: Growth) -> None:
    """Go through all again, in the next run, if somebody was left out; else it is done."""
    growth.rounds, growth.cursor = growth.rounds + 1, None
    with locked_transaction():
        if growth.rounds >= MOST_ROUNDS or not owners_lacking(growth.product_id, growth.image_id).exists():
            growth.given_at = timezone.now()
            record_audit(actor=None, action="product.grown", target=growth.product, image=growth.image.repository, given=growth.given)
        growth.save(update_fields=["rounds", "cursor", "given_at"])


def _put_into_gifts(growth: Growth) -> None:
    """Let gifts that nobody has claimed give the image as well."""
    while gifts := list(gifts_lacking(growth.product_id, growth.image_id).values_list("pk", flat=True)[:BATCH]):
        GiftImage.objects.bulk_create([GiftImage(gift_id=gift, image=growth.image) for gift in gifts], ignore_conflicts=True)


def _mail(growth: Growth) -> None:
    """Queue the mails, in batches; what a batch queued is committed together with how far it came."""
    while growth.done_at is None:
        with locked_transaction():
            batch = list(to_mail(growth).filter(pk__gt=growth.mailed_to or UUID(int=0))[:BATCH])
            for subscription in batch:
                _queue(growth, subscription)
            growth.mailed_to = batch[-1].pk if batch else growth.mailed_to
            growth.done_at = None if batch else timezone.now()
            growth.save(update_fields=["mailed_to", "done_at"])


def _queue(growth: Growth, subscription: UpdateSubscription) -> None:
    unsubscribe_url = absolute("marketplace:updates_unsubscribe", key=unsubscribe_key(subscription))
    queue_mail(
        to=subscription.user.email,
        template="product_grown",
        context={
            "product": growth.product,
            "image": growth.image,
            "product_url": absolute_path(product_url(growth.product)) if growth.product.state == Product.State.PUBLISHED else "",
            "unsubscribe_url": unsubscribe_url,
        },
        key=f"grown:{growth.pk}:{subscription.pk}",
        origin=f"updates:{growth.product_id}",
        unsubscribe_url=unsubscribe_url,
    )
