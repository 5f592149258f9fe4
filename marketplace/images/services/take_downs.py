"""Staff take an image down, and restore it."""

from django.utils import timezone

from accounts.people.models import User
from audit.services import record_audit, require_reason
from common.db.locking import locked_transaction
from marketplace.images.errors import ImageStateConflict
from marketplace.images.locks import lock_image
from marketplace.images.models import Image
from marketplace.images.ownership import require_staff


def take_down_image(*, image: Image, reason: str, actor: User) -> Image:
    """Stop all pulls and pushes from the next token on, those of buyers included and those of staff excepted. The name stays taken.

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
            raise ImageStateConflict(repository=locked.repository, sentence=f"{locked.repository} is taken down already.")
        locked.taken_down_at, locked.take_down_reason = timezone.now(), reason[:500]
        locked.save(update_fields=["taken_down_at", "take_down_reason"])
        record_audit(actor=actor, action="image.taken_down", target=locked, reason=reason)
    return locked


def restore_image(*, image: Image, reason: str, actor: User) -> Image:
    """Undo a take-down: whoever could pull or push before can do so again.

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
            raise ImageStateConflict(repository=locked.repository, sentence=f"{locked.repository} is not taken down.")
        locked.taken_down_at, locked.take_down_reason = None, ""
        locked.save(update_fields=["taken_down_at", "take_down_reason"])
        record_audit(actor=actor, action="image.restored", target=locked, reason=reason)
    return locked
