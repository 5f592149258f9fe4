"""Buyers choose whether new versions are mailed to them; what is mailed, once a version and at most once a day for a product."""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils import timezone

from accounts.people.models import User
from accounts.people.selectors import require_verified_email
from common.db.locking import locked_transaction
from common.db.row_failures import act_on_each
from common.web.links import absolute, absolute_path
from marketplace.products.models import Product
from marketplace.products.selectors.pages import product_url
from marketplace.updates.errors import NotInLibrary
from marketplace.updates.locks import lock_updates
from marketplace.updates.models import ProductUpdates, UpdateSubscription
from marketplace.updates.selectors import (
    AT_MOST,
    SETTLED,
    NewVersion,
    batch_of,
    due_updates,
    holds_part_of,
    new_versions,
    unsubscribe_key,
)
from outbox.mail.services import queue_mail

BATCH: Final = 200  # mails queued in one transaction
PRODUCTS_AT_ONCE: Final = 500
LISTED: Final = 20  # versions that a mail lists


def subscribe_to_updates(*, product: Product, user: User) -> None:
    """Mail the user about new versions of the product from now on. Repeated, it changes nothing.

    Raises:
        EmailNotVerified: the user has no verified address.
        NotInLibrary: they can pull no image of it.
    """
    require_verified_email(user)
    if not holds_part_of(user, product):
        raise NotInLibrary(title=product.title)
    with locked_transaction():
        ProductUpdates.objects.bulk_create([ProductUpdates(product=product, covered_until=timezone.now())], ignore_conflicts=True)
        UpdateSubscription.objects.bulk_create([UpdateSubscription(product=product, user=user)], ignore_conflicts=True)


def unsubscribe_from_updates(*, product: Product, user: User) -> None:
    """Mail the user no longer about the product. Repeated, it changes nothing."""
    UpdateSubscription.objects.filter(product=product, user=user).delete()


def end_subscription(*, subscription_id: UUID) -> None:
    """End the subscription that a mail's link names, whoever follows it (RFC 8058). Repeated, it changes nothing."""
    UpdateSubscription.objects.filter(pk=subscription_id).delete()


def mail_new_versions(*, now: datetime) -> int:
    """Queue mails about what was pushed, to all subscribers of each product, in batches. Return how many.

    A run that is cut off goes on where it stopped: what a batch queued is committed together with how far it came.
    """
    queued: list[int] = []

    def mail(product_id: UUID) -> int:
        queued.append(_mail_product(product_id, now))
        return queued[-1]

    act_on_each(due_updates(now=now), mail, most=PRODUCTS_AT_ONCE)
    return sum(queued)


def _mail_product(product_id: UUID, now: datetime) -> int:
    mails = 0
    while (queued := _mail_batch(product_id, now)) is not None:
        mails += queued
    return mails


def _mail_batch(product_id: UUID, now: datetime) -> int | None:
    """Queue one batch of mails; return how many, or None if there is nothing more to do for this product.

    Each is told of the versions that they can pull, and not mailed if they can pull none.
    """
    with locked_transaction():
        updates = lock_updates(product_id=product_id)
        until = updates.sending_until or now - SETTLED
        if updates.sending_until is None and (updates.covered_until >= until or _is_too_early(updates, now)):
            return None
        versions = new_versions(product_id, after=updates.covered_until, until=until)
        if versions is None:
            return None
        batch = batch_of(product_id, after=updates.cursor or UUID(int=0), most=BATCH) if versions else []
        told = [(one, theirs) for one, held in batch if (theirs := [version for version in versions if version.image.pk in held])]
        for subscription, theirs in told:
            _queue(subscription, theirs, until)
        updates.mailed_at = now if told else updates.mailed_at
        _note(updates, batch[-1][0] if batch else None, until)
    return len(told) if batch else None


def _is_too_early(updates: ProductUpdates, now: datetime) -> bool:
    return updates.mailed_at is not None and updates.mailed_at > now - AT_MOST


def _note(updates: ProductUpdates, last: UpdateSubscription | None, until: datetime) -> None:
    """Write how far the mail has come. The end is noted by a batch without anybody, so the last full one needs no guess."""
    if last:
        updates.sending_until, updates.cursor = until, last.pk
    else:
        updates.covered_until, updates.sending_until, updates.cursor = until, None, None
    updates.save(update_fields=["covered_until", "mailed_at", "sending_until", "cursor"])


def _queue(subscription: UpdateSubscription, versions: list[NewVersion], until: datetime) -> None:
    product = Product.objects.select_related("namespace").get(pk=subscription.product_id)
    unsubscribe_url = absolute("marketplace:updates_unsubscribe", key=unsubscribe_key(subscription))
    queue_mail(
        to=subscription.user.email,
        template="new_versions",
        context={
            "product": product,
            "versions": versions[:LISTED],
            "more": max(len(versions) - LISTED, 0),
            "product_url": absolute_path(product_url(product)) if product.state == Product.State.PUBLISHED else "",
            "unsubscribe_url": unsubscribe_url,
        },
        key=f"new-versions:{subscription.pk}:{until.isoformat()}",
        origin=f"updates:{subscription.product_id}",
        unsubscribe_url=unsubscribe_url,
    )
