"""Which tag pages lead with is decided when something is pushed or removed, and kept with the image."""

from accounts.people.models import User
from audit.services import record_audit
from common.db.locking import locked_transaction
from common.ops.queue import queue_after_commit
from marketplace.images.errors import UnknownTag
from marketplace.images.locks import lock_image
from marketplace.images.models import Image
from marketplace.images.ownership import require_owner
from marketplace.images.selectors.tags import tag_to_show, visible_tags


def feature_tag(*, image: Image, tag: str, actor: User) -> Image:
    """Let pages lead with a tag for as long as the image has it; buyers copy its pull command.

    Args:
        tag: its name; empty for the highest version, as without a choice.

    Raises:
        NotYours: the actor is not the owner.
        UnknownTag: buyers see no such tag.
    """
    require_owner(actor, image.owner_id)
    with locked_transaction():
        locked = lock_image(image_id=image.pk)
        if tag and not visible_tags().filter(image=locked, name=tag).exists():
            raise UnknownTag(repository=locked.repository, tag=tag)
        locked.featured_tag = tag
        locked.save(update_fields=["featured_tag"])
        keep_shown_tag(locked)
        queue_after_commit("marketplace.draw_cover_of_image", str(locked.pk))
        record_audit(actor=actor, action="image.tag_featured", target=locked, tag=tag)
    return locked


def keep_shown_tag(image: Image) -> None:
    """Write down which tag of the locked image to show; in the transaction of whatever changes what `visible_tags` says of it."""
    shown = tag_to_show(image.pk)
    if image.shown_tag_id != (shown and shown.pk):
        image.shown_tag = shown
        image.save(update_fields=["shown_tag"])


def repair_shown_tags() -> int:
    """Look at every image that was ever pushed to, and mend what something else has left. Return how many were wrong."""
    images = Image.objects.filter(first_pushed_at__isnull=False).order_by("pk").values_list("pk", "shown_tag")
    wrong = [pk for pk, kept in images.iterator(chunk_size=1_000) if kept != getattr(tag_to_show(pk), "pk", None)]
    for pk in wrong:
        with locked_transaction():
            keep_shown_tag(lock_image(image_id=pk))
    return len(wrong)
