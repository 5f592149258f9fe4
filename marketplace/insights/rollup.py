"""The daily series of pulls, distinct pullers and views, derived from what was counted.

Deriving days again gives the same rows: nothing is added to what a row holds, and a day's rows are replaced in one transaction. Only whole
days are derived, so that no figure changes because a day goes on.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from itertools import chain
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q, Sum
from django.utils import timezone
from redis import Redis

from marketplace.images.models import Image
from marketplace.insights.distinct import Distinct, distinct_by_day
from marketplace.insights.models import SKETCHES_KEPT, DailyFigures, ProductViews, PullCount, PullerSketch
from marketplace.insights.periods import DAY, days_within
from marketplace.products.models import ProductImage

# A sketch must be there from the beginning of the month and of the week in which a day lies.
REACH: Final = SKETCHES_KEPT - timedelta(days=37)
_NONE: Final = Distinct()
_AT_ONCE: Final = 500


def roll_up_pulls(*, first: date, last: date, redis: Redis) -> int:
    """Derive pulls, distinct pullers and views of whole days, for each product, each seller and the whole shop. Return how many rows.

    A product has the pulls of the images that are in it now. Days beyond `REACH` stay as they are, because their sketches are gone.

    Args:
        first, last: in UTC; what is not over yet is left out.
        redis: a client whose responses are bytes.

    Raises:
        RedisError: Redis is away; the months that were finished are written.
    """
    written = 0
    for begins, ends in months_within(max(first, timezone.now().date() - REACH), last):
        for seller_id in _sellers(begins, ends):
            written += _replace(_of_seller(redis, seller_id, begins, ends), seller_id, begins, ends)
        written += _replace(_of_shop(redis, begins, ends), None, begins, ends)
    return written


def months_within(first: date, last: date) -> Iterator[tuple[date, date]]:
    """Cut a range of days, as far as they are over, into months: their first and last day in it."""
    last = min(last, timezone.now().date() - DAY)
    while first <= last:
        following = (first.replace(day=28) + 4 * DAY).replace(day=1)
        yield first, min(following - DAY, last)
        first = following


def forget_old_sketches() -> int:
    """Empty the sketches of days long past, and leave their numbers. Return how many."""
    old = DailyFigures.objects.filter(day__lt=timezone.now().date() - SKETCHES_KEPT)
    return old.exclude(sketch=b"").update(sketch=b"")


def _sellers(begins: date, ends: date) -> list[UUID]:
    """Return who has anything to derive in these days, or a row that may have to go."""
    days = (begins, ends)
    owners = PullCount.objects.filter(day__range=days, image__owner__seller__isnull=False).values_list("image__owner", flat=True)
    viewed = ProductViews.objects.filter(day__range=days).values_list("product__seller", flat=True)
    known = DailyFigures.objects.filter(day__range=days, seller__isnull=False, currency="").values_list("seller", flat=True)
    return sorted(set(owners.order_by().distinct()) | set(viewed.order_by().distinct()) | set(known.order_by().distinct()))


def _of_seller(redis: Redis, seller_id: UUID, begins: date, ends: date) -> list[DailyFigures]:
    """Derive the seller's rows: those of all images, and those of each product."""
    images: dict[UUID | None, set[UUID]] = {None: set(Image.objects.filter(owner=seller_id).values_list("pk", flat=True))}
    for product_id, image_id in ProductImage.objects.filter(owner=seller_id).values_list("product", "image"):
        images.setdefault(product_id, set()).add(image_id)
    pulls, views = _pulls(images, begins, ends), _views(seller_id, begins, ends)
    sketches = list(
        PullerSketch.objects.filter(image__in=images[None], period=PullerSketch.Period.DAY, begins__range=(_lead(begins), ends))
        .exclude(sketch=b"")
        .order_by("begins", "image")
        .values_list("image", "begins", "sketch")
    )
    rows = []
    for whose in images.keys() | {product for product, _ in views}:
        own = images.get(whose, set())
        distinct = dict(distinct_by_day(redis, ((day, bytes(sketch)) for image, day, sketch in sketches if image in own)))
        for day in days_within(begins, ends):
            counted = (pulls[whose, day], views[whose, day], distinct.get(day, _NONE))
            if counted != (0, 0, _NONE):
                rows.append(_row((seller_id, whose), day, *counted))
    return rows


def _pulls(images: Mapping[UUID | None, set[UUID]], begins: date, ends: date) -> Counter[tuple[UUID | None, date]]:
    """Add up the pulls of each product's images, and of all."""
    counts = PullCount.objects.filter(image__in=images[None], day__range=(begins, ends)).order_by()
    found = Counter[tuple[UUID | None, date]]()
    for image_id, day, count in counts.values_list("image", "day").annotate(sum=Sum("count")):
        for product_id, own in images.items():
            if image_id in own:
                found[product_id, day] += count
    return found


def _views(seller_id: UUID, begins: date, ends: date) -> Counter[tuple[UUID | None, date]]:
    """Add up the views of each product, and of all."""
    found = Counter[tuple[UUID | None, date]]()
    rows = ProductViews.objects.filter(product__seller=seller_id, day__range=(begins, ends)).values_list("product", "day", "count")
    for product_id, day, count in rows:
        found[product_id, day] += count
        found[None, day] += count
    return found


def _of_shop(redis: Redis, begins: date, ends: date) -> list[DailyFigures]:
    """Derive the rows of the whole shop from those of its sellers, whose rows before these days may be missing: not so their sources."""
    sellers = DailyFigures.objects.filter(seller__isnull=False, product__isnull=True, currency="")
    sums = sellers.filter(day__range=(begins, ends)).order_by().values_list("day").annotate(pulls=Sum("pulls"), views=Sum("views"))
    before = PullerSketch.objects.filter(period=PullerSketch.Period.DAY, begins__range=(_lead(begins), begins - DAY))
    lead = before.exclude(sketch=b"").order_by("begins").values_list("begins", "sketch")
    within = sellers.filter(day__range=(begins, ends)).exclude(sketch=b"").order_by("day").values_list("day", "sketch")
    parts = chain(lead.iterator(chunk_size=_AT_ONCE), within.iterator(chunk_size=_AT_ONCE))
    distinct = dict(distinct_by_day(redis, ((day, bytes(sketch)) for day, sketch in parts)))
    return [_row((None, None), day, pulls, views, distinct.get(day, _NONE)) for day, pulls, views in sums]


def _lead(begins: date) -> date:
    """Return the first day of the week or of the month in which a day lies, whichever is earlier."""
    return min(PullerSketch.Period.WEEK.of(begins), PullerSketch.Period.MONTH.of(begins))


def _row(whose: tuple[UUID | None, UUID | None], day: date, pulls: int, views: int, distinct: Distinct) -> DailyFigures:
    return DailyFigures(
        seller_id=whose[0],
        product_id=whose[1],
        day=day,
        pulls=pulls,
        views=views,
        pullers=distinct.day,
        pullers_of_week=distinct.week,
        pullers_of_month=distinct.month,
        sketch=distinct.sketch,
    )


def _replace(rows: list[DailyFigures], seller_id: UUID | None, begins: date, ends: date) -> int:
    whose = Q(seller=seller_id) if seller_id else Q(seller__isnull=True)
    return replace_figures(rows, of=whose & Q(currency="", day__range=(begins, ends)))


def replace_figures(rows: Iterable[DailyFigures], *, of: Q) -> int:
    """Put rows in the place of those that there are, in one transaction. Return how many."""
    with transaction.atomic():
        DailyFigures.objects.filter(of).delete()
        return len(DailyFigures.objects.bulk_create(rows, batch_size=_AT_ONCE))
