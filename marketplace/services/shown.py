"""Which tag pages lead with is decided when something is pushed or removed, and kept with the image."""

from common.locking import locked_transaction
from marketplace.locks import lock_image
from marketplace.models import Image
from marketplace.selectors.tags import tag_to_show


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
