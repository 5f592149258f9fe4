"""Much of what one seller can make grow alone: tags, manifests, layers, contents and words of a page."""

from datetime import timedelta

from django.utils import timezone

from marketplace.contents.facts import ImageFacts
from marketplace.contents.models import ManifestContents
from marketplace.contents.services import Contents, record_contents
from marketplace.images.models import Image, Manifest, Tag, TagMove
from marketplace.images.oci import MANIFEST
from marketplace.images.services.leading_tags import update_leading_tag
from marketplace.images.services.manifests import LayerDescription, ManifestDescription, describe_manifest
from marketplace.products.models import Product
from marketplace.products.services.descriptions import render_outdated_descriptions
from tests.factories.marketplace import digest_of


def push(image: Image, many: int) -> None:
    """Push so many tags, each with a manifest of its own and a signature, and as many layers into what is shown."""
    began = timezone.now() + timedelta(days=many)
    manifests = Manifest.objects.bulk_create(
        Manifest(image=image, digest=digest_of(f"{image.pk} {many} {n}"), media_type=MANIFEST, kind="image", described_at=began)
        for n in range(2 * many)
    )
    Tag.objects.bulk_create(
        Tag(
            image=image,
            name=f"sha256-{many}-{n}" if n % 2 else f"{many}.{n}",
            manifest=manifest,
            pushed_at=began + timedelta(seconds=n),
        )
        for n, manifest in enumerate(manifests)
    )
    update_leading_tag(image)
    layers = tuple(LayerDescription(digest_of(f"{n}"), n) for n in range(10 * many))
    description = ManifestDescription(Manifest.Kind.IMAGE, size=1, platforms=("linux/amd64",), layers=layers)
    shown = Tag.objects.get(led_image=image).manifest
    describe_manifest(manifest=shown, description=description)
    record_contents(manifest=shown, contents=Contents(facts=ImageFacts()))
    TagMove.objects.bulk_create(
        TagMove(image=image, tag="1.0", new_digest=one.digest, old_digest=shown.digest, at=began + timedelta(seconds=n))
        for n, one in enumerate(manifests)
    )
    about = {"image": image, "subject": shown.digest, "evidence": [["sbom", "SPDX"]], "hidden": ["the label secret"]}
    ManifestContents.objects.bulk_create(ManifestContents(manifest=one, **about) for one in manifests if one != shown)


def write(product: Product, many: int) -> None:
    """Let another product of the shop say so much."""
    Product.objects.filter(pk=product.pk).update(description="word " * many, licence_text="word " * many, description_renderer=0)
    render_outdated_descriptions(most=10)
