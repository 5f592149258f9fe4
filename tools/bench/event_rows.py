"""Fills a shop with what is pulled in `script/bench events` (`fill`), and says what was counted of it (`counted`), as JSON."""

import json
import sys

import django

django.setup()

from django.db import transaction

from marketplace.images.models import Image
from marketplace.insights.models import PullCount
from registry_auth.inbox.models import RegistryEnvelope
from tools.bench.rows import make_image, make_manifest, make_namespace, make_tag, make_user

IMAGES, BUYERS, TAGS = 100, 500, 3
PLATFORMS = ("linux/amd64", "linux/arm64")


@transaction.atomic
def fill(images: str = str(IMAGES)) -> dict[str, object]:
    """Make images with tags on indexes of two platforms, and buyers; return what can be pulled and by whom."""
    namespace, pulled = make_namespace(image_quota=int(images)), []
    for _ in range(int(images)):
        image = make_image(namespace, pushed=True)
        for number in range(TAGS):
            parts = [make_manifest(image, platforms=[platform]) for platform in PLATFORMS]
            make_tag(make_manifest(image, platforms=PLATFORMS, children=[part.digest for part in parts]), f"{number}.0")
            pulled += [[image.repository, f"{number}.0", part.platforms[0], part.digest] for part in parts]
    return {"pulled": pulled, "buyers": [make_user().username for _ in range(BUYERS)]}


def counted() -> dict[str, object]:
    """Return what waits, and every counter by its key."""
    rows = PullCount.objects.values_list("image__repository", "tag", "platform", "buyer__user__username", "count")
    return {
        "waiting": RegistryEnvelope.objects.filter(drained_at__isnull=True).count(),
        "images": sum(Image.objects.values_list("pull_count", flat=True)),
        "rows": [list(row) for row in rows],
    }


if __name__ == "__main__":
    json.dump({"fill": fill, "counted": counted}[sys.argv[1]](*sys.argv[2:]), sys.stdout)
