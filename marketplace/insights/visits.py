"""Counting who opens a product's page: a number for each day, and nothing about the visitor.

No cookie is set, and no address, browser or referrer is kept. Programs that say what they are do not count, nor do browsers that load a
page in advance, staff, its seller, and of an organisation whoever opens the pages of what it sells.
"""

import re
from contextlib import suppress
from datetime import date
from uuid import UUID

from django.db import connection
from django.http import HttpRequest
from django.utils import timezone
from redis.exceptions import RedisError

from accounts.people.models import User
from common.ids import new_id
from common.ops.redis import redis_client, redis_key, unless_away
from marketplace.images.ownership import sells_for
from marketplace.products.models import Product

NOTED_VIEWS = "noted-views"  # Redis hash: product id and day → views that are in no row yet
# Browsers begin with Mozilla. Crawlers do as well, but name themselves or an address behind it (RFC 9110, section 10.1.5).
_BROWSER = re.compile(r"Mozilla/\d")
_PROGRAM = re.compile(
    r"bot|crawl|spider|slurp|scan|monitor|preview|fetch|https?:|headless|lighthouse|inspect|archiv|feed|validator", re.IGNORECASE
)
_ADD = """
INSERT INTO marketplace_productviews AS stored (id, product_id, day, count)
SELECT added.id, added.product_id, added.day, added.count
  FROM unnest(%s::uuid[], %s::uuid[], %s::date[], %s::bigint[]) AS added (id, product_id, day, count)
  JOIN marketplace_product product ON product.id = added.product_id
    ON CONFLICT (product_id, day) DO UPDATE SET count = stored.count + excluded.count
"""


def note_view(request: HttpRequest, product: Product) -> None:
    """Note in Redis that somebody opened the product's page; a task writes such notes to the database. Never raises.

    While Redis is away, views are not counted: no page waits for them.
    """
    if not is_view(request, product):
        return
    with suppress(RedisError), unless_away("views not noted"):
        redis_client().hincrby(redis_key(NOTED_VIEWS), f"{product.pk} {timezone.now().date()}", 1)


def is_view(request: HttpRequest, product: Product) -> bool:
    """Whether a person who might buy it looks at the product's page."""
    agent, purpose = request.headers.get("User-Agent", ""), request.headers.get("Sec-Purpose", "")
    if request.method != "GET" or "prefetch" in purpose or not _BROWSER.match(agent) or _PROGRAM.search(agent):
        return False
    user = request.user
    own = isinstance(user, User) and (user.is_staff or sells_for(user, product.seller_id))
    return product.is_visible and not own


def write_views() -> int:
    """Add what was noted to the rows. Return how many views; none while Redis is away.

    What was noted is taken before it is written, so that none counts twice; if the database refuses it, it is noted again.
    """
    client, key = redis_client(), redis_key(NOTED_VIEWS)
    with client.pipeline(transaction=True) as pipeline:
        pipeline.hgetall(key)
        pipeline.delete(key)
        noted: dict[str, str] = pipeline.execute()[0]
    try:
        add_views({_read(field): int(count) for field, count in noted.items()})
    except Exception:
        for field, count in noted.items():
            client.hincrby(key, field, int(count))
        raise
    return sum(map(int, noted.values()))


def add_views(views: dict[tuple[UUID, date], int]) -> None:
    """Add views to the rows of their products and days. A product that is gone by now has none."""
    if views:
        products, days = zip(*views, strict=True)
        with connection.cursor() as cursor:
            cursor.execute(_ADD, [[new_id() for _ in views], list(products), list(days), list(views.values())])


def _read(field: str) -> tuple[UUID, date]:
    product, day = field.split()
    return UUID(product), date.fromisoformat(day)
