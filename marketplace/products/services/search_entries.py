"""What the search reads of each product that is offered: written with the product, and kept up with what other rooms change."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.domains.selectors import verified_domains
from common.currencies import CURRENCIES
from marketplace.products.models import Price, Product, SearchEntry
from marketplace.products.selectors.licences import licence_named
from marketplace.products.selectors.offers import current_price, with_current_prices

SEARCH_CONFIG: Final = "english"
PLATFORMS: Final = ("linux/amd64", "linux/arm64", "linux/arm/v7", "windows/amd64")
SIZES: Final = (50, 250, 1_000)  # megabytes, each the end of a class; the last class has none
AGES: Final = (30, 90, 365)  # days, the same
_LONGEST_DESCRIPTION: Final = 5_000  # characters
_LONGEST_WORD, _MOST_WORDS = 40, 80
_IN_A_RUN, _AT_ONCE = 10_000, 500
# Of several images where all of them run: what is bought together is used together.
_BITS: Final = " | ".join(
    f"bit_and(CASE WHEN manifest.platforms @> '{{{platform}}}' THEN {1 << number} ELSE 0 END)" for number, platform in enumerate(PLATFORMS)
)
_OLDER: Final = " + ".join(f"(known.changed_at < now() - interval '{days} days')::int" for days in AGES)
# What other rooms know of products, by their images.
_KNOWN = f"""
SELECT part.product_id, COALESCE({_BITS}, 0)::smallint AS platforms,
       width_bucket(COALESCE(sum(manifest.size), 0), %(sizes)s::numeric[])::smallint AS size,
       min(image.pull_count) AS pulls, bool_or(part.owner_id = ANY(%(verified)s::uuid[])) AS verified, max(tag.pushed_at) AS pushed_at
  FROM marketplace_productimage part
  JOIN marketplace_image image ON image.id = part.image_id
  LEFT JOIN marketplace_tag tag ON tag.id = image.leading_tag_id
  LEFT JOIN marketplace_manifest manifest ON manifest.id = tag.manifest_id
"""  # noqa: S608  made of constants
# The same for the entries that are there. Rows that say so already are not written.
_FOLLOW = f"""
UPDATE marketplace_searchentry AS entry
   SET platforms = known.platforms, size = known.size, pulls = known.pulls, verified = known.verified, changed_at = known.changed_at,
       age = {_OLDER}
  FROM (SELECT known.*, greatest(known.pushed_at, other.published_at) AS changed_at
          FROM marketplace_searchentry other JOIN ({_KNOWN} GROUP BY part.product_id) AS known USING (product_id)) AS known
 WHERE entry.product_id = known.product_id
   AND (entry.platforms, entry.size, entry.pulls, entry.verified, entry.changed_at, entry.age)
       IS DISTINCT FROM (known.platforms, known.size, known.pulls, known.verified, known.changed_at, {_OLDER})
"""  # noqa: S608  made of constants
# The texts of any number of products come as one document of JSON. Rows are locked in the order of their keys, as by every bulk write.
_WRITE = f"""
INSERT INTO marketplace_searchentry
       (product_id, names, document, called, words, category_id, cost, licence, published_at, indexed_at, sales,
        platforms, size, pulls, verified, changed_at, age)
SELECT told.product_id, names, names || setweight(to_tsvector('{SEARCH_CONFIG}', description), 'D'), called, words, category_id, cost,
       licence, published_at, indexed_at, 0,
       COALESCE(platforms, 0), COALESCE(size, 0), COALESCE(pulls, 0), COALESCE(verified, false), known.changed_at, {_OLDER}
  FROM jsonb_to_recordset(%(entries)s::jsonb)
       AS told (product_id uuid, title text, parts text, summary text, description text, called text[], words text[],
                category_id text, cost bigint, licence text, published_at timestamptz, indexed_at timestamptz)
  LEFT JOIN ({_KNOWN} WHERE part.product_id = ANY(%(products)s::uuid[]) GROUP BY part.product_id) AS of_images USING (product_id),
       LATERAL (SELECT greatest(pushed_at, published_at) AS changed_at) AS known,
       LATERAL (SELECT setweight(to_tsvector('{SEARCH_CONFIG}', title || ' ' || parts), 'A')
                    || setweight(to_tsvector('{SEARCH_CONFIG}', summary), 'B') AS names) AS weighted
 ORDER BY told.product_id
    ON CONFLICT (product_id) DO UPDATE
   SET names = excluded.names, document = excluded.document, called = excluded.called, words = excluded.words,
       category_id = excluded.category_id, cost = excluded.cost, licence = excluded.licence, published_at = excluded.published_at,
       indexed_at = excluded.indexed_at, platforms = excluded.platforms, size = excluded.size, pulls = excluded.pulls,
       verified = excluded.verified, changed_at = excluded.changed_at, age = excluded.age
"""  # noqa: S608  made of constants
_SOLD = """
UPDATE marketplace_searchentry AS entry SET sales = COALESCE(counted.sales, 0)
  FROM marketplace_searchentry AS every
  LEFT JOIN unnest(%s::uuid[], %s::bigint[]) AS counted (product_id, sales) ON counted.product_id = every.product_id
 WHERE entry.product_id = every.product_id AND entry.sales IS DISTINCT FROM COALESCE(counted.sales, 0)
"""


def index_product(product: Product) -> None:
    """Write the product's entry, or take it away if the product is not offered.

    Whatever changes page, images, price or state calls it in the same transaction.
    """
    if not _write(_loaded(_priced().filter(pk=product.pk))):
        SearchEntry.objects.filter(pk=product.pk).delete()


def refresh_search_entries() -> int:
    """Bring the entries in line with what pushes, pulls and staff have changed meanwhile. Return how many came or went."""
    gone, _ = SearchEntry.objects.filter(~Exists(_priced().filter(pk=OuterRef("product")))).delete()
    written = write_missing_entries(most=_IN_A_RUN)
    _follow()
    return gone + written


def write_missing_entries(*, most: int) -> int:
    """Write the entries of offered products that have none, or an older one, and return how many.

    They are missing after an upgrade, and after staff have lifted a suspension; they are older when the version before, which knows
    nothing of them, saved the product while it still served.
    """
    current = SearchEntry.objects.filter(product=OuterRef("pk"), indexed_at__gte=OuterRef("updated_at"))
    missing = _priced().filter(~Exists(current)).order_by("pk")
    written = 0
    while written < most and (count := _write(_loaded(missing)[: min(_AT_ONCE, most - written)])):
        written += count
    return written


def write_sales(*, sales: Mapping[UUID, int]) -> int:
    """Write how often each product was sold; those that are not named were never sold. Return how many numbers changed."""
    with connection.cursor() as cursor:
        cursor.execute(_SOLD, [list(sales), list(sales.values())])
        return int(cursor.rowcount)


def _priced() -> QuerySet[Product]:
    return Product.objects.offered().filter(Exists(Price.objects.current().filter(product=OuterRef("pk"))))


def _loaded(products: QuerySet[Product]) -> QuerySet[Product]:
    return with_current_prices(products).prefetch_related("images")


def _write(products: QuerySet[Product]) -> int:
    entries = [_entry(product, price) for product in products if (price := current_price(product))]
    if entries:
        told = {"entries": json.dumps(entries, cls=DjangoJSONEncoder), "products": [entry["product_id"] for entry in entries]}
        with connection.cursor() as cursor:
            cursor.execute(_WRITE, told | _what_counts())
    return len(entries)


def _follow() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_FOLLOW, _what_counts())


def _what_counts() -> dict[str, Any]:
    verified = list(verified_domains(timezone.now()).values_list("seller", flat=True))
    return {"sizes": [megabytes * 1_000_000 for megabytes in SIZES], "verified": verified}


def _entry(product: Product, price: Price) -> dict[str, Any]:
    published_at = cast("datetime", product.published_at)  # product_published_has_a_date
    return {
        "product_id": product.pk,
        "category_id": product.category_id,
        "cost": price.amount * 50 // CURRENCIES[price.currency].smallest_charge,
        "licence": licence_named(product.licence_name),
        "published_at": published_at.isoformat(),
        "indexed_at": product.updated_at.isoformat(),
        **_texts_of(product),
    }


def _texts_of(product: Product) -> dict[str, Any]:
    images = sorted((image.repository, image.name) for image in product.images.all())
    # Separated, because PostgreSQL would take a/b-c for a file path.
    parts = " ".join(re.split(r"[^a-z0-9]+", " ".join([*(repository for repository, _ in images), product.slug])))
    words = dict.fromkeys(re.findall(r"(?!\d+\b)\w{3,}", f"{product.title} {parts} {product.summary}".lower()))
    return {
        "title": product.title,
        "parts": parts,
        "summary": product.summary,
        "description": product.description[:_LONGEST_DESCRIPTION],
        "called": list(dict.fromkeys([product.title.lower(), product.slug, *(name for _, name in images)])),
        "words": [word for word in words if len(word) <= _LONGEST_WORD][:_MOST_WORDS],
    }
