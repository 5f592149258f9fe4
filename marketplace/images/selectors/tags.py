"""What has been pushed, as buyers see it: tags without signatures, the newest one, and the command that pulls it."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, Case, F, Func, IntegerField, OuterRef, Prefetch, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from marketplace.images.models import UNREADABLE, Image, Manifest, Tag
from marketplace.images.oci import SIGNATURE_PREFIX
from marketplace.images.versions import version_key

LISTED = 200  # tags of one image
LOOKED_AT = 1_000  # newest tags of one image, among which signatures and what is no image are passed over
_OF_MANIFEST = tuple(f"manifest__{name}" for name in ("image", "digest", "kind", "size", "platforms", "children"))
_OF_LEADING_TAG = tuple(f"leading_tag__{name}" for name in ("image", "name", "pushed_at", "moved_at", "moved_from", *_OF_MANIFEST))
LATEST_LAST = Case(When(name="latest", then=Value(1)), default=Value(0), output_field=IntegerField())  # other names say more
_Of = UUID | OuterRef  # an image: itself, or that of the query around
_UNREADABLE_LISTED = 20
_NEW = timedelta(minutes=10)


@dataclass(slots=True)
class TagRow:
    """The tags of one manifest, under the name that says most.

    Attributes:
        also: the other names of the same manifest.
        moved: those of its tags that pointed at something else before, the last one that moved first.
        platforms: without `linux/`, which is assumed.
    """

    name: str
    manifest: Manifest
    pushed_at: datetime
    also: list[str] = field(default_factory=list)
    moved: list[Tag] = field(default_factory=list)

    @property
    def platforms(self) -> list[str]:
        return short_platforms(self.manifest.platforms)

    @property
    def is_new(self) -> bool:
        return timezone.now() - self.pushed_at < _NEW


def visible_tags() -> QuerySet[Tag]:
    """Return the tags that buyers see, newest first: no signatures, and nothing that is no image or could not be read."""
    readable = Q(manifest__described_at__isnull=False) | Q(manifest__last_error="", manifest__removal_asked_at__isnull=True)
    images = Q(manifest__kind__in=(Manifest.Kind.IMAGE, Manifest.Kind.INDEX))
    tags = Tag.objects.filter(readable, images).exclude(name__startswith=SIGNATURE_PREFIX)
    return tags.select_related("manifest").order_by("-pushed_at", "name")


def leading_tags(image_ids: Collection[UUID]) -> dict[UUID, Tag]:
    """Return the leading tag of each image, with its manifest; an image without one is left out. One query, however many tags there are."""
    images = Image.objects.filter(pk__in=image_ids, leading_tag__isnull=False).order_by()
    rows = images.select_related("leading_tag__manifest").only(*_OF_LEADING_TAG)
    return {image.pk: image.leading_tag for image in rows if image.leading_tag is not None}


def choose_leading_tag(image_id: UUID, featured: str) -> Tag | None:
    """Choose the tag that pages of an image lead with: its seller's choice, else its highest version, else one of what was pushed last.

    Versions are those of `images.versions`, without pre-releases. Of what was pushed last, `latest` is chosen only if it is the only name.
    As long as something is described, manifests that are known from an event only are passed over: they may be no images at all.

    Called when something is pushed, never for a page: pages call `leading_tags`. Reads at most 1,000 tags of each kind.

    Args:
        featured: the seller's choice, empty without one.
    """
    by_preference = _by_preference(image_id, Value(featured))
    return next(filter(None, (tags.first() for tags in (by_preference if featured else by_preference[1:]))), None)


def leading_tags_to_be(image_ids: Collection[UUID]) -> list[tuple[UUID, UUID | None, UUID | None]]:
    """Return each image with the leading tag that it has, and the one that would be chosen for it now. One query."""
    by_preference = _by_preference(OuterRef("pk"), OuterRef("featured_tag"))
    chosen = Coalesce(*(Subquery(tags.values("pk")[:1]) for tags in by_preference))
    return list(Image.objects.filter(pk__in=image_ids).order_by("pk").values_list("pk", "leading_tag", chosen))


def _by_preference(image: _Of, featured: Value | OuterRef) -> "list[QuerySet[Tag]]":
    """Return tags of an image of which the first one may lead: those of the first query that finds any."""
    return [
        _visible(image).filter(name=featured),
        *(among(image, chosen) for chosen in (_described, _visible) for among in (_highest, _newest)),
    ]


def _visible(image: _Of) -> "QuerySet[Tag]":
    return visible_tags().filter(image=image)


def _described(image: _Of) -> "QuerySet[Tag]":
    return _visible(image).filter(manifest__described_at__isnull=False)


def _highest(image: _Of, among: "Callable[[_Of], QuerySet[Tag]]") -> "QuerySet[Tag]":
    order = ("-version", "-pushed_at", "name")
    highest = Tag.objects.filter(image=_further_out(image)).exclude(version="").order_by(*order).values("pk")[:LOOKED_AT]
    return among(image).filter(_is_one_of(ArraySubquery(highest))).order_by(*order)


def _newest(image: _Of, among: "Callable[[_Of], QuerySet[Tag]]") -> "QuerySet[Tag]":
    """Return the tags of what was pushed last, the name that says most first."""

    def found(of: _Of) -> "QuerySet[Tag]":
        return among(of).filter(_is_one_of(ArraySubquery(_newest_of(_further_out(of), LOOKED_AT))))

    newest = found(_further_out(image)).values("manifest")[:1]
    return found(image).filter(manifest=Subquery(newest)).order_by(LATEST_LAST, "-pushed_at", "name")


def _further_out(image: _Of) -> _Of:
    """Name the image one query further in."""
    return image if isinstance(image, UUID) else OuterRef(image)


def _is_one_of(keys: ArraySubquery) -> Func:
    """Whether a row is one of these: to PostgreSQL an array, of which it looks up each, whatever it believes of how many there are."""
    return Func(F("pk"), keys, template="%(expressions)s)", arg_joiner=" = ANY(", output_field=BooleanField())


def tag_rows(image: Image) -> list[TagRow]:
    """List the newest tags of an image, those of one manifest in one row. Three queries."""
    return tag_rows_of([image])[image.pk]


def tag_rows_of(images: Collection[Image], *, most: int | None = None) -> dict[UUID, list[TagRow]]:
    """List the newest tags of each image, newest first, at most `most` (200 by default), and its leading tag however old it is.

    Those of one manifest stand in one row, under the name that says most. Three queries. The more images there are, the fewer tags of each
    are looked at, and only what is listed is handed over, so that neither many images nor many signatures make it slow.
    """
    most = most or LISTED
    newest = _newest_visible_of(most, looked_at=max(2 * most, min(8 * most, LOOKED_AT // max(len(images), 1))))
    found = Image.objects.filter(pk__in=[image.pk for image in images]).order_by().values_list("leading_tag", newest)
    listed = {pk for leading, several in found for pk in (leading, *several)}
    rows: dict[UUID, dict[UUID, TagRow]] = {image.pk: {} for image in images}
    shown = Prefetch("manifest", Manifest.objects.defer("blobs"))
    for tag in Tag.objects.filter(pk__in=listed - {None}).prefetch_related(shown).order_by("-pushed_at", "name"):
        row = rows[tag.image_id].setdefault(tag.manifest_id, TagRow(tag.name, tag.manifest, tag.pushed_at))
        if tag.moved_at:
            row.moved.append(tag)
        if row.name == tag.name:
            continue
        if row.name == "latest" or tag.version > version_key(row.name):
            row.also.append(row.name)
            row.name, row.pushed_at = tag.name, tag.pushed_at
        else:
            row.also.append(tag.name)
    return {pk: list(of_image.values()) for pk, of_image in rows.items()}


def _newest_visible_of(most: int, *, looked_at: int) -> ArraySubquery:
    """Select the ids of an image's newest visible tags, for a query of images."""
    newest = ArraySubquery(_newest_of(OuterRef(OuterRef("pk")), looked_at))
    return ArraySubquery(visible_tags().filter(_is_one_of(newest)).values("pk")[:most])


def _newest_of(image: _Of, most: int) -> "QuerySet[Tag, Any]":
    """Return the ids of an image's newest tags of any kind. The index `tag_newest` alone is read."""
    return Tag.objects.filter(image=image).order_by("-pushed_at", "name").values_list("pk", flat=True)[:most]


def unreadable_manifests(image: Image) -> list[Manifest]:
    """List manifests that could not be read from the registry, the newest first, each with its tags in `named`. Two queries."""
    return list(image.manifests.filter(UNREADABLE).prefetch_related(Prefetch("tags", to_attr="named"))[:_UNREADABLE_LISTED])


def stops_at(rows: Iterable[TagRow], *, most: int | None = None) -> int | None:
    """Return at how many tags a list was cut off, so that its page can say so; None if it is complete."""
    most = most or LISTED
    return most if sum(1 + len(row.also) for row in rows) >= most else None


def pull_reference(image: Image, tag: Tag | None) -> str:
    """Write what docker pulls: the reference with this tag; without one docker takes `latest`."""
    return f"{image.reference}:{tag.name}" if tag else image.reference


def platforms_of_each(tags: Iterable[Tag | None]) -> list[str]:
    """Return, shortened, where every one of these runs: what is pulled together is used together. None runs nowhere."""
    each = [tag.manifest.platforms if tag else [] for tag in tags]
    return short_platforms(platform for platform in (each[0] if each else []) if all(platform in several for several in each))


def short_platforms(platforms: Iterable[str]) -> list[str]:
    """Drop `linux/`: `amd64`, `arm64/v8`, but `windows/amd64`."""
    return [platform.removeprefix("linux/") for platform in platforms]
