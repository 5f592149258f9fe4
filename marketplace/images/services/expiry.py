"""How a reservation without a push ends: its owner is warned, it ends, and it is freed once no push can be in progress any more.

reserved ── warned by mail ── ended: no push from the next token on ── freed: the name can be reserved again
                                 └── a push that was in progress arrives: live again, for good
"""

from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from accounts.organisations.models import EDITING_ROLES
from accounts.organisations.selectors import people_of
from accounts.tokens.lifetimes import push_ends_after
from audit.services import record_audit
from common.db.locking import locked_transaction
from common.db.row_failures import act_on_each
from common.web.links import absolute
from marketplace.images.errors import ImageStateConflict
from marketplace.images.locks import lock_image
from marketplace.images.models import Image
from outbox.mail.services import queue_mail

_AT_ONCE: Final = 500  # a run stays far below the time limit; the next one goes on


def warn_of_expiry(*, now: datetime) -> int:
    """Warn those who edit for the owners of reservations that end soon, once each. Return how many were warned now."""
    soon = now + settings.LAYERSTORE_RESERVATION_WARNING
    due = _unused_reservations().filter(expires_at__lte=soon, expiry_warned_at__isnull=True)
    return act_on_each(due, partial(_warn, now=now), most=_AT_ONCE)


def end_expired_reservations(*, now: datetime) -> int:
    """End reservations that have expired and whose owners were warned long enough before. Return how many ended now.

    If the warning was late because the scheduler was down, the end is late as well.
    """
    return act_on_each(_expired(now), partial(_end, now=now), most=_AT_ONCE)


def names_to_free(*, now: datetime) -> list[Image]:
    """List ended images without push or sale whose last push tokens have expired. Ask the registry before freeing one: events get lost."""
    return list(_freeable(now).order_by("ended_at"))


def free_name(*, image: Image, now: datetime | None = None) -> Image:
    """Let the name be reserved again. The row stays, marked as freed. The owner gets a mail unless they gave the name up themselves.

    Raises:
        ImageStateConflict: the name is in use, was pushed to or sold, is free already, or a push may still be in progress.
    """
    now = now or timezone.now()
    with locked_transaction():
        locked = lock_image(image_id=image.pk)
        if not _freeable(now).filter(pk=locked.pk).exists():
            raise ImageStateConflict(
                repository=locked.repository,
                sentence=gettext("The name {repository} cannot be freed.").format(repository=locked.repository),
            )
        locked.freed_at = now
        locked.save(update_fields=["freed_at"])
        record_audit(actor=None, action="image.freed", target=locked)
        if locked.end_kind == Image.End.EXPIRED:
            _notify(locked, "reservation_ended")
    return locked


def revive_reservation(*, image: Image) -> Image:
    """Keep the name for good, because the registry has something under it after all. An expired reservation is live again.

    Raises:
        ImageStateConflict: the name is free already.
    """
    with locked_transaction():
        locked = lock_image(image_id=image.pk)
        if locked.freed_at is not None:
            raise ImageStateConflict(
                repository=locked.repository,
                sentence=gettext("The name {repository} is free already.").format(repository=locked.repository),
            )
        keep_pushed_name(locked, at=timezone.now())
    return locked


def keep_pushed_name(image: Image, *, at: datetime) -> None:
    """Record the first push to a locked image: its name is never freed from now on, and an expired reservation is live again.

    The push began while the reservation was in force. A name that was given up stays given up, as a tombstone.
    """
    if image.first_pushed_at is not None:
        return
    image.first_pushed_at = at
    if image.end_kind == Image.End.EXPIRED:
        image.ended_at, image.end_kind, image.end_reason = None, "", ""
        record_audit(actor=None, action="image.revived", target=image)
    image.save(update_fields=["first_pushed_at", "ended_at", "end_kind", "end_reason"])


def _unused_reservations() -> QuerySet[Image]:
    """Live reservations under which nothing was pushed or sold."""
    return Image.objects.live().unused()


def _expired(now: datetime) -> QuerySet[Image]:
    return _unused_reservations().filter(expires_at__lte=now, expiry_warned_at__lte=now - _notice_period())


def _freeable(now: datetime) -> QuerySet[Image]:
    return Image.objects.occupying().unused().filter(ended_at__lte=now - push_ends_after())


def _notice_period() -> timedelta:
    """How long before the end the warning must have been written."""
    return min(settings.LAYERSTORE_RESERVATION_WARNING, settings.LAYERSTORE_RESERVATION_LIFETIME)


def _warn(image_id: UUID, *, now: datetime) -> bool:
    with locked_transaction():
        image = lock_image(image_id=image_id)
        # Read again under the lock: a push may have come, or another scheduler.
        if image.expiry_warned_at is not None or not _unused_reservations().filter(pk=image_id).exists():
            return False
        image.expiry_warned_at = now
        image.save(update_fields=["expiry_warned_at"])
        _notify(image, "reservation_expiring")
        return True


def _end(image_id: UUID, *, now: datetime) -> bool:
    with locked_transaction():
        image = lock_image(image_id=image_id)
        if not _expired(now).filter(pk=image_id).exists():
            return False
        image.ended_at, image.end_kind, image.end_reason = now, Image.End.EXPIRED, gettext_noop("Nothing was pushed in time.")
        image.save(update_fields=["ended_at", "end_kind", "end_reason"])
        record_audit(actor=None, action="image.expired", target=image)
        return True


def _notify(image: Image, template: str) -> None:
    url = absolute("marketplace:image", image.pk)
    for reader in people_of(image.owner, roles=EDITING_ROLES):
        queue_mail(to=reader.email, template=template, context={"image": image, "image_url": url}, key=f"{template}:{image.pk}:{reader.pk}")
