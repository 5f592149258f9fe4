"""Fills a shop with what a hostile seller can push and write, as the worker and the services write it; prints addresses as JSON."""

import json
import sys
from datetime import timedelta

import django
from django.conf import settings

django.setup()
settings.CELERY_BROKER_URL = "memory://"

from django.db import connection, transaction
from django.utils import timezone

from accounts.people.models import User
from marketplace.covers.services import draw_outdated_covers
from marketplace.images.models import Image, Manifest, Namespace, Tag
from marketplace.images.services.leading_tags import update_leading_tag
from marketplace.images.services.manifests import LayerDescription, ManifestDescription, describe_manifest
from marketplace.products.models import Product
from marketplace.products.services.descriptions import render_outdated_descriptions
from marketplace.products.services.search_entries import index_product
from tools.bench.rows import (
    MANIFEST_TYPE,
    digest_of,
    make_entitlement,
    make_image,
    make_namespace,
    make_product,
)

NAMESPACE = "hostile"
IMAGES, LAYERS, TAGS, PRODUCTS = 16, 1_000, 21_000, 60
LONGEST, LONGEST_LICENCE = 50_000, 200_000
_README = (
    "# Name\n\nSome **bold** text, [a link](https://example.org) and `code`.\n\n| a | b |\n|---|---|\n"
    + "| x | [y](/z) |\n" * 20
    + "\n- one\n"
)
TEXTS = (
    (_README * 400)[:LONGEST],
    "![" * (LONGEST // 2),
    ("> " * 19 + "* " * 5 + "word\n") * 1_000,
    "a|b|c|d\n-|-|-|-\n" + "1|2|3|4\n" * 2_000,
    "w" * LONGEST,
)


def main() -> None:
    """Make the rows. argv: the user name of a buyer who holds one of the images."""
    namespace = make_namespace(NAMESPACE, display_name="W" * 80, image_quota=IMAGES)
    with transaction.atomic():
        images = [_image(namespace, number) for number in range(IMAGES)]
    with transaction.atomic():
        products = [_product(namespace, images, number) for number in range(PRODUCTS)]
    make_entitlement(User.objects.get(username=sys.argv[1]).account, images[0])
    draw_outdated_covers()
    render_outdated_descriptions(most=10 * PRODUCTS)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
    json.dump({"product": f"/{NAMESPACE}/{products[0].slug}", "shop": f"/{NAMESPACE}", "id": str(products[0].pk)}, sys.stdout)


def _image(namespace: Namespace, number: int) -> Image:
    """Make an image of a thousand layers. The first one has 21,000 tags; each of the others a thousand, beginning with signatures."""
    image = make_image(namespace, f"image-{number:02d}", pushed=True)
    Image.objects.filter(pk=image.pk).update(pull_count=10**6)
    layers = tuple(LayerDescription(digest_of(f"{number} {n}"), 1 + n % 97, "RUN " + "x" * 400) for n in range(LAYERS))
    count = TAGS if number == 0 else 1_000
    manifests = Manifest.objects.bulk_create(
        (
            Manifest(image=image, digest=digest_of(f"{number}/{n}"), media_type=MANIFEST_TYPE, kind="image", platforms=["linux/s390x"])
            for n in range(count)
        ),
        batch_size=5_000,
    )
    began = timezone.now() - timedelta(days=1)
    Tag.objects.bulk_create(
        (Tag(image=image, name=_tag(number, n), manifest=one, pushed_at=began + timedelta(seconds=n)) for n, one in enumerate(manifests)),
        batch_size=5_000,
    )
    shown = manifests[-1] if number == 0 else manifests[0]
    describe_manifest(manifest=shown, description=ManifestDescription(Manifest.Kind.IMAGE, 10**9, ("linux/s390x",), layers=layers))
    update_leading_tag(image)
    return image


def _tag(number: int, n: int) -> str:
    return f"t{n}-{'x' * 100}" if number == 0 or n == 0 else f"sha256-{n:064x}.sig"


def _product(namespace: Namespace, images: list[Image], number: int) -> Product:
    texts = {
        "title": "T" * 80,
        "summary": "S" * 200,
        "description": TEXTS[number % len(TEXTS)],
        "licence_text": ("all rights reserved " * 10_000)[:LONGEST_LICENCE],
    }
    product = make_product(namespace, images, slug=f"bundle-{number:02d}", texts=texts)
    index_product(product)
    return product


if __name__ == "__main__":
    main()
