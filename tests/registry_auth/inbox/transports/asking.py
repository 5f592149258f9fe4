"""What tests of the consumer ask."""

from marketplace.images.models import Image


def pulled(image: Image) -> int:
    image.refresh_from_db()
    return image.pull_count
