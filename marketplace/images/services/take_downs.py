"""Staff take an image down, restore it, and erase what was sold."""

from django.utils import timezone
from django.utils.translation import gettext

from accounts.people.models import User
from audit.services import record_audit, require_reason
from common.db.locking import locked_transaction
from marketplace.images.errors import ImageStateConflict
from marketplace.images.locks import lock_image
from marketplace.images.models import Image
from marketplace.images.ownership import require_staff


def take_down_image(*, image: Image, reason: str, actor: User) -> Image:
    """Stop all pulls and pushes from the next token on, those of buyers included and those of staff excepted. The name stays taken.

    What was never sold is deleted from the registry. What was sold stays there, so that a take-down that turns out to be wrong takes
    nothing from buyers; `erase_image` deletes it too.

    Raises:
        NotYours: the actor is not staff.
        ReasonMissing: no reason.
        ImageStateConflict: it is taken down already.
    """
    require_staff(actor)
    require_reason(reason)
    with locked_transaction():
        locked = lock_image(image_id=image.pk)
        if locked.taken_down_at is not None:
            raise ImageStateConflict(
                repository=locked.repository, sentence=gettext("{repository} is taken down already.").format(repository=locked.repository)
            )
        locked.taken_down_at, locked.take_down_reason = timezone.now(), reason[:500]
        locked.save(update_fields=["taken_down_at", "take_down_reason"])
        record_audit(actor=actor, action="image.taken_down", target=locked, reason=reason)
    return locked


def restore_image(*, image: Image, reason: str, actor: User) -> Image:
    """Undo a take-down: whoever could pull or push before can do so again.

    What has been deleted from the registry meanwhile does not come back. Products with an image of which nothing is left are not offered
    until a tag is pushed to it.

    Raises:
        NotYours: the actor is not staff.
        ReasonMissing: no reason.
        ImageStateConflict: it is not taken down.
    """
    require_staff(actor)
    require_reason(reason)
    with locked_transaction():
        locked = lock_image(image_id=image.pk)
        if locked.taken_down_at is None:
            raise ImageStateConflict(
                repository=locked.repository, sentence=gettext("{repository} is not taken down.").format(repository=locked.repository)
            )
        locked.taken_down_at, locked.take_down_reason, locked.erasure_asked_at = None, "", None
        locked.save(update_fields=["taken_down_at", "take_down_reason", "erasure_asked_at"])
        record_audit(actor=actor, action="image.restored", target=locked, reason=reason)
    return locked


def erase_image(*, image: Image, reason: str, actor: User) -> Image:
    """Have everything that was pushed to a taken-down image deleted from the registry although it was sold, as a court may want it.

    Buyers lose it for good: restoring the image gives them the right to pull, and nothing to pull.

    Raises:
        NotYours: the actor is not staff.
        ReasonMissing: no reason.
        ImageStateConflict: it is not taken down, or is being erased already.
    """
    require_staff(actor)
    require_reason(reason)
    with locked_transaction():
        locked = lock_image(image_id=image.pk)
        if locked.taken_down_at is None:
            raise ImageStateConflict(
                repository=locked.repository,
                sentence=gettext("{repository} is not taken down. Take it down first.").format(repository=locked.repository),
            )
        if locked.erasure_asked_at is not None:
            raise ImageStateConflict(
                repository=locked.repository, sentence=gettext("{repository} is being erased already.").format(repository=locked.repository)
            )
        locked.erasure_asked_at = timezone.now()
        locked.save(update_fields=["erasure_asked_at"])
        record_audit(actor=actor, action="image.erased", target=locked, reason=reason)
    return locked
