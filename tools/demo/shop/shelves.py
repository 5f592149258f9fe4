"""Images are pushed, and what was pushed is dated as if it had been then; products are written, priced and published."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime
from io import BytesIO
from typing import Final
from uuid import UUID

from django.conf import settings
from django.core.files.base import File
from django.db import connection, transaction

from marketplace.images.models import Image, Manifest, Tag
from marketplace.products.models import Category, Product, ProductPicture
from marketplace.products.services.editing import create_product
from marketplace.products.services.pictures import add_picture
from marketplace.products.services.prices import set_price
from marketplace.products.services.publishing import publish_product
from tools.demo.shop.clock import Clock
from tools.demo.shop.goods import Goods, ImageSpec, read_licences
from tools.demo.shop.images import Push, Version, build_versions, moment
from tools.demo.shop.registry import Pusher
from tools.demo.shop.sellers import OpenShop
from tools.stack import pictures

_AT_ONCE: Final = 3  # sellers who push at the same time
_PRICE_ROSE: Final = 60  # days ago
_FIGURES: Final = {
    "nightly_backups": ("Two weeks of trial restores", "Each dump is restored and checked in the same night.", pictures.nightly_backups),
    "latency_steps": ("Answer times", "Measured over a week of production, by share of requests.", pictures.latency_steps),
    "memory_under_its_limit": ("A day of memory", "The load swings; the memory stays below the limit.", pictures.memory_under_its_limit),
}


@dataclass(slots=True)
class Shelf:
    """What a seller has: versions of each image, and products.

    Attributes:
        products: by slug, with what goods.toml says of each.
    """

    open: OpenShop
    versions: dict[str, list[Version]] = field(default_factory=dict)
    products: dict[str, tuple[Product, Goods]] = field(default_factory=dict)

    def spec(self, name: str) -> ImageSpec:
        """Return what goods.toml says of an image."""
        return next(spec for spec in self.open.shop.images if spec.name == name)

    def since(self, goods: Goods) -> int:
        """Return how many days ago a product was published: when the youngest of its images had its first version."""
        trend_age = {"launched": 34, "few": 34}.get(goods.trend, 121)
        return min(trend_age, *(self.spec(name).versions[0][1] for name in goods.holds))


def push_all(shops: Sequence[OpenShop], today: date, pusher: Pusher) -> tuple[list[Shelf], int]:
    """Push every version that the shop does not know yet; return the shelves and how many manifests that were.

    The first seller's are pushed before all others', who build on them.
    """
    first, *others = (Shelf(open_, {spec.name: build_versions(open_.shop, spec, today) for spec in open_.shop.images}) for open_ in shops)
    # A copy is pushed after what it was made of, as copies are.
    copying = [shelf for shelf in others if any(spec.copies for spec in shelf.open.shop.images)]
    known = set(Manifest.objects.order_by().values_list("image", "digest"))
    count = _push(first, pusher, known)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        count += sum(pool.map(lambda shelf: _push(shelf, pusher, known), [shelf for shelf in others if shelf not in copying]))
    return [first, *others], count + sum(_push(shelf, pusher, known) for shelf in copying)


def _push(shelf: Shelf, pusher: Pusher, known: set[tuple[UUID, str]]) -> int:
    open_, count = shelf.open, 0
    for name, versions in shelf.versions.items():
        image = open_.images[name]
        new = [version for version in versions if any((image.pk, push.manifest.digest) not in known for push in version.pushes)]
        count += pusher.push(image.repository, new, username=open_.owner.user.username, secret=open_.secret)
    return count


def missing_manifests(shelves: Iterable[Shelf]) -> int:
    """Return how many of the pushed manifests the shop has not described yet."""
    pushed = {(str(shelf.open.images[name].pk), push.manifest.digest) for shelf in shelves for name, push in _pushes(shelf)}
    images = [image.pk for shelf in shelves for image in shelf.open.images.values()]
    described = Manifest.objects.filter(image__in=images, described_at__isnull=False).order_by().values_list("image", "digest")
    return len(pushed - {(str(image), digest) for image, digest in described})


def missing_tags(shelves: Iterable[Shelf]) -> int:
    """Return how many of the pushed tags the shop has not heard of yet."""
    pushed = {
        (shelf.open.images[name].pk, push.reference) for shelf in shelves for name, push in _pushes(shelf) if ":" not in push.reference
    }
    known = Tag.objects.filter(image__in={image for image, _ in pushed}).order_by().values_list("image", "name")
    return len(pushed - set(known))


def _pushes(shelf: Shelf) -> Iterable[tuple[str, Push]]:
    return ((name, push) for name, versions in shelf.versions.items() for version in versions for push in version.pushes)


_DATE = """
UPDATE marketplace_{table} AS row SET {changes}
  FROM unnest(%s::uuid[], %s::text[], %s::timestamptz[]) AS said (image, digest, at)
 WHERE row.image_id = said.image AND {join}
"""
_DATED: Final = (
    ("manifest", "pushed_at = said.at, described_at = said.at + interval '20 seconds'", "row.digest = said.digest"),
    ("tagmove", "at = said.at", "row.new_digest = said.digest"),
    ("tag", "pushed_at = said.at, moved_at = CASE WHEN row.moved_at IS NULL THEN NULL ELSE said.at END",
     "row.manifest_id = (SELECT id FROM marketplace_manifest WHERE image_id = said.image AND digest = said.digest)"),
)  # fmt: skip


def date_pushes(shelves: Iterable[Shelf]) -> None:
    """Date manifests, tags and their moves as if each version had been pushed when it was made."""
    dates: dict[tuple[UUID, str], datetime] = {}
    first: list[tuple[UUID, datetime]] = []
    for shelf in shelves:
        for name, versions in shelf.versions.items():
            image = shelf.open.images[name].pk
            first.append((image, versions[0].at))
            for version in reversed(versions):  # a manifest that several versions have is dated by the first of them
                dates |= {(image, push.manifest.digest): version.at for push in version.pushes}
    said: list[list[UUID] | list[str] | list[datetime]] = [[image for image, _ in dates], [digest for _, digest in dates]]
    said.append(list(dates.values()))
    with transaction.atomic(), connection.cursor() as cursor:
        for table, changes, join in _DATED:
            cursor.execute(_DATE.format(table=table, changes=changes, join=join), said)
    Image.objects.bulk_update([Image(pk=pk, first_pushed_at=at) for pk, at in first], ["first_pushed_at"])


def stock(clock: Clock, shelf: Shelf, today: date) -> None:
    """Write and publish all products of a seller, each on its day. What is there stays."""
    categories = Category.objects.in_bulk()
    texts = read_licences()
    for goods in shelf.open.shop.products:
        published = moment(today, shelf.since(goods), f"{shelf.open.shop.namespace}/{goods.slug} is published")
        with clock.at(published):
            product = _product(shelf, goods, categories, texts)
            if not product.prices.exists():
                set_price(product=product, money=goods.earlier or goods.price, actor=shelf.open.owner.user)
            if product.state == Product.State.DRAFT:
                product = publish_product(product=product, actor=shelf.open.owner.user)
        if goods.earlier and product.prices.count() == 1:
            with clock.at(moment(today, _PRICE_ROSE, f"{goods.slug} costs more")):
                set_price(product=product, money=goods.price, actor=shelf.open.owner.user)
        shelf.products[goods.slug] = (product, goods)


def _product(shelf: Shelf, goods: Goods, categories: Mapping[str, Category], texts: Mapping[str, str]) -> Product:
    found = Product.objects.filter(namespace=shelf.open.namespace, slug=goods.slug).first()
    if found is not None:
        return found
    newest = f"{settings.LAYERSTORE_IMAGE_HOST}/{shelf.open.shop.namespace}/{goods.holds[0]}:{shelf.versions[goods.holds[0]][-1].name}"
    product = create_product(
        seller=shelf.open.seller,
        namespace=shelf.open.namespace,
        actor=shelf.open.owner.user,
        images=[shelf.open.images[name] for name in goods.holds],
        title=goods.title,
        slug=goods.slug,
        summary=goods.summary,
        description=goods.description.replace("IMAGE", newest),
        category=categories[goods.category],
        licence_name=goods.licence,
        licence_text=texts[goods.licence],
    )
    if goods.picture and not ProductPicture.objects.filter(product=product).exists():
        title, caption, figure = _FIGURES[goods.picture]
        upload = File(BytesIO(pictures.picture(title, caption, figure)), name=f"{goods.slug}.png")
        add_picture(product=product, upload=upload, alt=f"{title}: {caption}", actor=shelf.open.owner.user)
    return product
