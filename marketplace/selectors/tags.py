"""What has been pushed, as buyers see it: tags without signatures, the newest one, and the command that pulls it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Case, IntegerField, OuterRef, QuerySet, Subquery, Value, When, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from marketplace.models import Image, Manifest, Tag

LISTED = 200  # tags of one image
LATEST_LAST = Case(When(name="latest", then=Value(1)), default=Value(0), output_field=IntegerField())  # other names say more
_NEW = timedelta(minutes=10)


@dataclass(slots=True)
class TagRow:
    """The tags of one manifest, the one to show first.

    Attributes:
        also: the other names of the same manifest.
        platforms: without `linux/`, which goes without saying.
    """

    name: str
    manifest: Manifest
    pushed_at: datetime
    also: list[str] = field(default_factory=list)

    @property
    def platforms(self) -> list[str]:
        return short_platforms(self.manifest.platforms)

    @property
    def is_new(self) -> bool:
        return timezone.now() - self.pushed_at < _NEW


def visible_tags() -> QuerySet[Tag]:
    """Tags that buyers see, newest first: no signatures, nothing that is not an image."""
    tags = Tag.objects.filter(manifest__kind__in=(Manifest.Kind.IMAGE, Manifest.Kind.INDEX)).exclude(name__startswith="sha256-")
    return tags.select_related("manifest").order_by("-pushed_at", "name")


def newest_tags(image_ids: Collection[UUID]) -> dict[UUID, Tag]:
    """Give the tag to show for each image: one of what was pushed last, `latest` only where it has no other name. One query.

    It looks each image up once, however many tags the image has.
    """
    newest = visible_tags().filter(image=OuterRef(OuterRef("pk"))).values("manifest")[:1]
    shown = (
        visible_tags().filter(image=OuterRef("pk"), manifest=Subquery(newest)).order_by(LATEST_LAST, "-pushed_at", "name").values("pk")[:1]
    )
    tags = Tag.objects.filter(pk__in=Image.objects.filter(pk__in=image_ids).order_by().values_list(Subquery(shown)))
    return {tag.image_id: tag for tag in tags.select_related("manifest")}


def tag_rows(image: Image) -> list[TagRow]:
    """List the newest tags of an image, those of one manifest in one row. One query."""
    return tag_rows_of([image])[image.pk]


def tag_rows_of(images: Iterable[Image]) -> dict[UUID, list[TagRow]]:
    """List the newest tags of each image, at most 200, newest first, `latest` behind the names that say more. One query."""
    rows: dict[UUID, dict[UUID, TagRow]] = {image.pk: {} for image in images}
    place = Window(RowNumber(), partition_by="image", order_by=("-pushed_at", "name"))
    for tag in visible_tags().filter(image__in=rows).annotate(place=place).filter(place__lte=LISTED):
        row = rows[tag.image_id].setdefault(tag.manifest_id, TagRow(tag.name, tag.manifest, tag.pushed_at))
        if row.name == "latest" and tag.name != "latest":
            row.also.append(row.name)
            row.name, row.pushed_at = tag.name, tag.pushed_at
        elif row.name != tag.name:
            row.also.append(tag.name)
    return {pk: list(found.values()) for pk, found in rows.items()}


def stops_at(rows: Iterable[TagRow]) -> int | None:
    """Return how many tags a list has if it stopped there, for its page to say so; None if it is whole."""
    return LISTED if sum(1 + len(row.also) for row in rows) >= LISTED else None


def pull_reference(image: Image, tag: Tag | None) -> str:
    """Write what docker pulls: the reference with the tag to show; without one, docker's own `latest` is meant."""
    return f"{image.reference}:{tag.name}" if tag else image.reference


def short_platforms(platforms: Iterable[str]) -> list[str]:
    """Leave `linux/` away: `amd64`, `arm64/v8`, but `windows/amd64`."""
    return [platform.removeprefix("linux/") for platform in platforms]
