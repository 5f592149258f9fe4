"""The leading tag of an image, which its pages show first: chosen when something is pushed or removed, and stored with the image."""

from functools import partial
from typing import Final
from uuid import UUID

from accounts.people.models import User
from audit.services import record_audit
from common.db.locking import locked_transaction
from common.db.row_failures import isolate_failure
from common.ops.queue import queue_after_commit
from common.ops.redis import redis_client, redis_key
from marketplace.images.errors import UnknownTag
from marketplace.images.locks import lock_image
from marketplace.images.models import Image
from marketplace.images.ownership import require_editor
from marketplace.images.selectors.tags import choose_leading_tag, leading_tags_to_be, visible_tags

BATCH: Final = 200  # images of one statement
MOST_BATCHES: Final = 50  # of one run
_CHECKED: Final = "leading-tags:checked"  # the last image that was
_BEFORE_ALL: Final = UUID(int=0).hex


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
    """Check the next images that were ever pushed to, and correct what the services did not write. Return how many were wrong.

    A run goes on where the last one ended, and after the last image begins anew. How far it came is noted before a batch is looked at, so
    that one which ends the run is passed over until then. If Redis has lost that, all are looked at anew.

    Raises:
        RedisError: Redis is away; nothing was looked at since.
        OperationalError, InterfaceError, SoftTimeLimitExceeded: as `isolate_failure` says.
    """
    client, key, wrong = redis_client(), redis_key(_CHECKED), 0
    pushed = Image.objects.filter(first_pushed_at__isnull=False).order_by("pk").values_list("pk", flat=True)
    for _ in range(MOST_BATCHES):
        batch = list(pushed.filter(pk__gt=UUID(str(client.get(key) or _BEFORE_ALL)))[:BATCH])
        client.set(key, batch[-1].hex if len(batch) == BATCH else _BEFORE_ALL)
        to_mend = [pk for pk, stored, chosen in leading_tags_to_be(batch) if stored != chosen]
        wrong += sum(bool(isolate_failure(partial(_repair, pk), row=pk)) for pk in to_mend)
        if len(batch) < BATCH:
            break
    return wrong


def _repair(image_id: UUID) -> bool:
    with locked_transaction():
        update_leading_tag(lock_image(image_id=image_id))
    return True
