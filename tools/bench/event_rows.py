"""Fills a shop with what is pulled in `script/bench events` (`fill`), and says what was counted of it (`counted`), as JSON."""

import json
import sys

import django
from django.conf import settings

django.setup()
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # nobody signs in here, and argon2 takes its time

from django.db import transaction  # noqa: E402  models need Django to be set up

from marketplace.images.models import Image, Manifest  # noqa: E402  after Django is set up
from marketplace.insights.models import PullCount  # noqa: E402  after Django is set up
from registry_auth.inbox.models import RegistryEnvelope  # noqa: E402  after Django is set up
from tests.factories.accounts import UserFactory  # noqa: E402  after Django is set up
from tests.factories.marketplace import ImageFactory, ManifestFactory, NamespaceFactory, TagFactory  # noqa: E402  after Django is set up

IMAGES, BUYERS, TAGS = 100, 500, 3
PLATFORMS = ("linux/amd64", "linux/arm64")


@transaction.atomic
def fill() -> dict[str, object]:
    """Make images with tags on indexes of two platforms, and buyers; return what can be pulled and by whom."""
    namespace, pulled = NamespaceFactory(), []
    for _ in range(IMAGES):
        image = ImageFactory(namespace=namespace)
        for number in range(TAGS):
            parts = [ManifestFactory(image=image, platforms=[platform]) for platform in PLATFORMS]
            index = ManifestFactory(image=image, kind=Manifest.Kind.INDEX, platforms=PLATFORMS, children=[part.digest for part in parts])
            TagFactory(image=image, name=f"{number}.0", manifest=index)
            pulled += [[image.repository, f"{number}.0", part.platforms[0], part.digest] for part in parts]
    return {"pulled": pulled, "buyers": [UserFactory().username for _ in range(BUYERS)]}


def counted() -> dict[str, object]:
    """Return what waits, and every counter by its key."""
    rows = PullCount.objects.values_list("image__repository", "tag", "platform", "buyer__user__username", "count")
    return {
        "waiting": RegistryEnvelope.objects.filter(drained_at__isnull=True).count(),
        "images": sum(Image.objects.values_list("pull_count", flat=True)),
        "rows": [list(row) for row in rows],
    }


if __name__ == "__main__":
    json.dump({"fill": fill, "counted": counted}[sys.argv[1]](), sys.stdout)
