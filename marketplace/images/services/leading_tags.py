"""The leading tag of an image, which its pages show first: chosen when something is pushed or removed, and stored with the image."""

from accounts.people.models import User
from audit.services import record_audit
from common.db.locking import locked_transaction
from common.ops.queue import queue_after_commit
from marketplace.images.errors import UnknownTag
from marketplace.images.locks import lock_image
from marketplace.images.models import Image
from marketplace.images.ownership import require_editor
from marketplace.images.selectors.tags import choose_leading_tag, visible_tags


def feature_tag(*, image: Image, tag: str, actor: User) -> Image:
    """Let pages lead with a tag for as long as the image has it. Its pull command is the one that buyers copy.

    Args:
        tag: its name; empty to lead with the highest version again.

    Raises:
        NotYours, RoleNotEnough: the actor does not edit for the owner.
        UnknownTag: buyers see no such tag.
    """
    require_editor(actor, image.owner_id)
    with locked_transaction():
        locked = lock_image(image_id=image.pk)
        if tag and not visible_tags().filter(image=locked, name=tag).exists():
            raise UnknownTag(repository=locked.repository, tag=tag)
        locked.featured_tag = tag
        locked.save(update_fields=["featured_tag"])
        update_leading_tag(locked)
        queue_after_commit("marketplace.draw_cover_of_image", str(locked.pk))
        record_audit(actor=actor, action="image.tag_featured", target=locked, tag=tag)
    return locked


def update_leading_tag(image: Image) -> None:
    """Choose the leading tag of the locked image again; in the transaction of whatever changes what `visible_tags` returns for it."""
    chosen = choose_leading_tag(image.pk, image.featured_tag)
    if image.leading_tag_id != (chosen and chosen.pk):
        image.leading_tag = chosen
        image.save(update_fields=["leading_tag"])


def repair_leading_tags() -> int:
    """Check every image that was ever pushed to, and correct what the services did not write. Return how many were wrong."""
    images = Image.objects.filter(first_pushed_at__isnull=False).order_by("pk").values_list("pk", "featured_tag", "leading_tag")
    rows = images.iterator(chunk_size=1_000)
    wrong = [pk for pk, featured, stored in rows if stored != getattr(choose_leading_tag(pk, featured), "pk", None)]
    for pk in wrong:
        with locked_transaction():
            update_leading_tag(lock_image(image_id=pk))
    return len(wrong)
