"""What buyers and visitors did with the images: pulls, who they were, and views of pages.

Pulls are counted by the service that counts the registry's own (`count_pulls`), and views by `add_views`. The sketches of distinct
pullers are made by Redis, as `count_pullers` makes them, but for all days of an image at once.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from redis import Redis

from common.ids import new_id
from common.ops.redis import redis_key
from marketplace.images.models import Image
from marketplace.insights.models import PullerSketch
from marketplace.insights.services import Pull, count_pulls
from marketplace.insights.visits import add_views
from marketplace.products.models import Product
from tools.demo.shop.goods import Goods
from tools.demo.shop.images import Version
from tools.demo.shop.layers import SEED
from tools.demo.shop.series import Trend, count, days_until, expected

Period = PullerSketch.Period
_PLATFORMS: Final = (("linux/amd64", 0.68), ("linux/arm64", 0.29), ("linux/arm/v7", 0.03))
_LAGS: Final = 0.3  # of the holders pull the version before the newest
_AT_ONCE: Final = 10_000
_RETURNING: Final = 0.7  # of the machines that pull a public image on a day have pulled it before


@dataclass(frozen=True, slots=True)
class Holder:
    """Who pulls an image: as which user name or robot, for which account, and since when they have it.

    Attributes:
        until: when they lost it, if they did.
    """

    subject: str
    account: UUID
    since: date
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Used:
    """An image, its versions, who holds it, and how often others pull it if everybody may."""

    image: Image
    versions: Sequence[Version]
    holders: Sequence[Holder]
    public: float = 0.0
    trend: Trend = Trend.STEADY


@dataclass(frozen=True, slots=True)
class Pulled:
    """A pull, and who is counted for it: sixteen bytes each."""

    pull: Pull
    pullers: tuple[bytes, ...]


def plan_pulls(used: Used, today: date) -> Iterator[Pulled]:
    """Yield the pulls of an image until yesterday, the same for the same seed."""
    chance = random.Random(f"{SEED} pulls of {used.image.repository}")
    yield from _public_pulls(chance, used, today)
    for holder in used.holders:
        yield from _pulls_of(chance, used, holder, today)


def _public_pulls(chance: random.Random, used: Used, today: date) -> Iterator[Pulled]:
    """Yield what machines without an account pull; most of them come again."""
    machines: list[bytes] = []
    for day in days_until(today)[:-1] if used.public else ():
        version = _version_on(used.versions, day)
        if version is None:
            continue
        for platform, digest in version.platforms.items():
            times = count(chance, expected(used.trend, day, today, mean=used.public) * dict(_PLATFORMS).get(platform, 0.1))
            if times:
                seen = [_machine(chance, machines) for _ in range(max(times * 2 // 3, 1))]
                pull = Pull(used.image.repository, digest, version.name, day, "", times=times)
                yield Pulled(pull, tuple(dict.fromkeys(seen)))


def _machine(chance: random.Random, machines: list[bytes]) -> bytes:
    if machines and chance.random() < _RETURNING:
        return chance.choice(machines)
    machines.append(chance.randbytes(16))
    return machines[-1]


def _pulls_of(chance: random.Random, used: Used, holder: Holder, today: date) -> Iterator[Pulled]:
    """Yield a holder's pulls: soon after they got it, then as often as their servers and builds need it."""
    delay = 0 if chance.random() < 0.65 else chance.randint(1, 4)  # noqa: PLR2004  two buyers in three pull on the same day
    activity, lag = chance.choice((0.04, 0.08, 0.15, 0.3)), chance.random() < _LAGS
    wanted = chance.choices([name for name, _ in _PLATFORMS], [share for _, share in _PLATFORMS])[0]
    day, last = holder.since + timedelta(days=delay), min(holder.until or today, today)
    first = True
    while day < last:
        version = _version_on(used.versions, day - timedelta(days=21) if lag else day) or _version_on(used.versions, day)
        if version is not None and (first or chance.random() < activity * (0.4 if day.weekday() > 4 else 1)):  # noqa: PLR2004  a weekend
            digest = version.platforms.get(wanted) or next(iter(version.platforms.values()))
            times = 1 + count(chance, 0.8)
            pull = Pull(used.image.repository, digest, version.name, day, holder.subject, times=times)
            yield Pulled(pull, (holder.account.bytes,))
            first = False
        day += timedelta(days=1)


def _version_on(versions: Sequence[Version], day: date) -> Version | None:
    """Return the newest version of a day; None before the first."""
    return next((version for version in reversed(versions) if version.at.date() <= day), None)


def write_pulls(every: Sequence[Pulled]) -> int:
    """Count pulls by the service of the registry's own. Return how many rows of pulls there were."""
    for begin in range(0, len(every), _AT_ONCE):
        count_pulls(pulls=[one.pull for one in every[begin : begin + _AT_ONCE]])
    return len(every)


def write_sketches(images: Mapping[str, Image], every: Sequence[Pulled], redis: Redis) -> int:
    """Write the sketches of each image's days, weeks and months, and return how many.

    Args:
        redis: a client whose responses are bytes.
    """
    seen: defaultdict[str, defaultdict[tuple[Period, date], set[bytes]]] = defaultdict(lambda: defaultdict(set))
    for one in every:
        for period in Period:
            seen[one.pull.repository][period, period.of(one.pull.day)].update(one.pullers)
    rows = [row for repository, periods in seen.items() for row in _sketches(images[repository], periods, redis)]
    PullerSketch.objects.bulk_create(rows, batch_size=1_000)
    return len(rows)


def _sketches(image: Image, periods: Mapping[tuple[Period, date], set[bytes]], redis: Redis) -> Iterator[PullerSketch]:
    key = redis_key(f"demo-shop:{new_id()}")
    with redis.pipeline(transaction=False) as pipeline:
        for pullers in periods.values():
            pipeline.delete(key)
            pipeline.pfadd(key, *pullers)
            pipeline.get(key)
            pipeline.pfcount(key)
        pipeline.delete(key)
        answers = pipeline.execute()
    for place, (period, begins) in enumerate(periods):
        sketch, distinct = answers[4 * place + 2 : 4 * place + 4]
        yield PullerSketch(image=image, period=period, begins=begins, sketch=sketch, distinct=distinct)


def plan_views(
    goods: Sequence[tuple[Product, Goods, int]], sold: Mapping[tuple[UUID, date], int], today: date
) -> Counter[tuple[UUID, date]]:
    """Return how often each product's page was opened on each day before today: at least once for each checkout.

    Args:
        goods: products, and how many days ago they were published.
        sold: checkouts by product and day.
    """
    chance = random.Random(f"{SEED} views")
    views = Counter[tuple[UUID, date]]()
    for product, what, since in goods:
        for day in days_until(today)[:-1]:
            if (today - day).days < since:
                checkouts = sold.get((product.pk, day), 0)
                trend = Trend(what.trend) if what.trend not in {"dead", "few"} else Trend.STEADY
                views[product.pk, day] = checkouts + count(chance, expected(trend, day, today, mean=what.views))
    return views


def write_views(views: Mapping[tuple[UUID, date], int]) -> None:
    """Add views to the rows of their days by the service that does it every minute."""
    add_views({key: number for key, number in views.items() if number})
