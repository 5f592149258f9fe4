"""What a pulled digest is: its platform, and a tag that points to it."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from marketplace.images.models import Manifest, Tag
from marketplace.images.selectors.tags import LATEST_LAST

Key = tuple[UUID, str]  # an image and a digest in it


@dataclass(slots=True)
class PulledManifest:
    """A manifest that was pulled.

    Attributes:
        platform: empty while the manifest is not described, and if it has several or none.
        tag: one that points to it, or to an index that names it; empty if there is none.
    """

    platform: str = ""
    tag: str = ""
    artifact: bool = False


def pulled_manifests_of(*, image_ids: Collection[UUID], digests: Collection[str]) -> dict[Key, PulledManifest]:
    """Look up manifests by image and digest; unknown ones are left out. Three queries for any number.

    Of several tags, the one that pages show first is taken: the newest, and `latest` only if there is no other.
    """
    in_images = Manifest.objects.filter(image__in=image_ids).order_by()
    rows = list(in_images.filter(digest__in=digests).values_list("pk", "image", "digest", "platforms", "kind"))
    indexes = in_images.filter(kind=Manifest.Kind.INDEX, children__overlap=list(digests)).values_list("pk", "image", "children")
    keys = {pk: [(image, digest)] for pk, image, digest, _, _ in rows} | {
        pk: [(image, child) for child in children] for pk, image, children in indexes
    }
    found = {
        (image, digest): PulledManifest(platforms[0] if len(platforms) == 1 else "", artifact=kind == Manifest.Kind.ARTIFACT)
        for _, image, digest, platforms, kind in rows
    }
    for manifest, tag in _shown_first(keys):
        for key in keys[manifest]:
            if key in found and not found[key].tag:
                found[key].tag = tag
    return found


def _shown_first(manifests: Collection[UUID]) -> Iterator[tuple[UUID, str]]:
    """Yield manifests with one of their tags, in the order in which pages show them."""
    tags = Tag.objects.filter(manifest__in=manifests).order_by("manifest", LATEST_LAST, "-pushed_at", "name").distinct("manifest")
    rows = tags.values_list("manifest", "name", "pushed_at")
    yield from ((manifest, name) for manifest, name, _ in sorted(rows, key=_place))


def _place(row: tuple[UUID, str, datetime]) -> tuple[bool, float, str]:
    _, name, pushed_at = row
    return name == "latest", -pushed_at.timestamp(), name
