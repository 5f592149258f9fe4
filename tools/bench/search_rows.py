"""Fills a database with so many products with believable words, and prints as JSON how long the search took to read them."""

import json
import random
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta

import django

django.setup()

from django.db import connection, transaction
from django.utils import timezone

from accounts.domains.models import ShopDomain
from marketplace.images.models import Image, Manifest, Namespace, Tag
from marketplace.images.versions import version_key
from marketplace.products.models import Category, Price, Product, ProductImage
from marketplace.products.services.search_entries import refresh_search_entries
from marketplace.search.services import count_known_words
from tools.bench.rows import MANIFEST_TYPE, digest_of, make_namespace, make_product, make_pushed_image
from tools.bench.search_judged import SHOP
from tools.bench.search_words import (
    FORMS,
    LICENCES,
    MANNERS,
    PLATFORMS,
    PURPOSES,
    SOFTWARE,
    SYLLABLES,
    WORDS,
)

_SELLERS, _BATCH = 300, 2_000
# More are these again, each with a word of its own in its name, published on another day, pulled and sold more or less often. They share
# images, so their pulls are in their entries alone: the job that follows images and sales must not run here.
_DISTINCT = 1_000
_BRAND = "initcap(translate(left(md5(copy::text || product.id::text), 7), '0123456789abcdef', 'aeioubcdfglmnrst'))"
_MULTIPLY = f"""
CREATE TEMPORARY TABLE copies AS
SELECT product.id AS of, gen_random_uuid() AS id, copy, {_BRAND} AS brand, random() AS chance
  FROM marketplace_product product, generate_series(1, %(copies)s) AS copy;
INSERT INTO marketplace_product (id, seller_id, namespace_id, slug, title, summary, description, description_html, description_renderer,
       category_id, licence_name, licence_text, state, suspension_reason, created_at, updated_at, published_at, pulls, search_words)
SELECT copies.id, seller_id, namespace_id, slug || '-' || copy, left(brand || ' ' || title, 80), summary, description, '', 0,
       category_id, licence_name, '', state, '', created_at, updated_at, published_at - chance * interval '700 days', 0, ''
  FROM marketplace_product product JOIN copies ON copies.of = product.id;
INSERT INTO marketplace_productimage (product_id, image_id, owner_id, position)
SELECT copies.id, image_id, owner_id, 0 FROM marketplace_productimage part JOIN copies ON copies.of = part.product_id;
INSERT INTO marketplace_price (id, product_id, amount, currency, kind, created_at)
SELECT gen_random_uuid(), copies.id, amount, currency, kind, created_at
  FROM marketplace_price price JOIN copies ON copies.of = price.product_id;
INSERT INTO marketplace_searchentry (product_id, names, document, called, words, category_id, cost, platforms, size, licence, verified,
       changed_at, age, published_at, indexed_at, pulls, sales)
SELECT copies.id, brand.vector || names, brand.vector || document, called, words || lower(copies.brand)::varchar, category_id, cost,
       platforms, size, licence, verified, changed_at, age,
       published_at - chance * interval '700 days', indexed_at, (10 ^ (chance * 5))::bigint, (chance * 40)::int
  FROM marketplace_searchentry entry JOIN copies ON copies.of = entry.product_id
 CROSS JOIN LATERAL (SELECT setweight(to_tsvector('english', copies.brand), 'A') AS vector) AS brand;
"""


def main() -> None:
    """Fill. argv: how many products, or `judged` for the small shop whose order people have judged."""
    if sys.argv[1] == "judged":
        _judged()
        return
    size, chance = int(sys.argv[1]), random.Random(7)
    distinct = min(size, _DISTINCT)
    namespaces = [make_namespace() for _ in range(min(_SELLERS, distinct))]
    ShopDomain.objects.bulk_create(
        ShopDomain(seller_id=one.owner_id, domain=f"{one.name}.test", token=one.name, seen_at=timezone.now(), seen_by="dns")
        for one in namespaces[::3]
    )
    for numbers in (range(begin, min(begin + _BATCH, distinct)) for begin in range(0, distinct, _BATCH)):
        with transaction.atomic():
            _make(numbers, namespaces, chance)
    began = time.monotonic()
    refresh_search_entries()
    made = time.monotonic()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # foreign keys are right by construction
        cursor.execute(_MULTIPLY, {"copies": size // distinct - 1})
    multiplied = time.monotonic()
    count_known_words()
    counted = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
        cursor.execute("SELECT pg_total_relation_size('marketplace_searchentry'), (SELECT count(*) FROM marketplace_knownword)")
        size_of, words = cursor.fetchone()
    seconds = {"made": made - began, "multiplied": multiplied - made, "counted": counted - multiplied}
    json.dump({"products": Product.objects.count(), "bytes": size_of, "words": words} | seconds, sys.stdout)


def title_of(chance: random.Random) -> str:
    """Return what somebody may call an image: some software more often than other, and every third with a name that they made up."""
    software = zipf(chance, SOFTWARE).capitalize()
    brand = "".join(chance.choices(SYLLABLES, k=3)).capitalize()
    shapes = (
        f"{software} {zipf(chance, FORMS)}",
        f"{software}, {zipf(chance, MANNERS)}",
        f"{brand} {software} {zipf(chance, FORMS)}",
        f"{zipf(chance, MANNERS).capitalize()} {software} for {zipf(chance, PURPOSES)}",
        f"{brand} {zipf(chance, FORMS)}",
        f"{software} and {zipf(chance, SOFTWARE).capitalize()}",
    )
    return chance.choice(shapes)


def zipf(chance: random.Random, words: Sequence[str]) -> str:
    """Return a word, the first of them the most often (Zipf's law)."""
    return words[min(int(len(words) ** chance.random()) - 1, len(words) - 1)]


def _make(numbers: Sequence[int], namespaces: Sequence[Namespace], chance: random.Random) -> None:
    now, owners = timezone.now(), [namespaces[number % len(namespaces)] for number in numbers]
    shelves = list(Category.objects.values_list("slug", flat=True))
    titles = [title_of(chance) for _ in numbers]
    slugs = [
        f"{'-'.join(''.join(letter if letter.isalnum() else ' ' for letter in title.lower()).split())}-{number}"
        for title, number in zip(titles, numbers, strict=True)
    ]
    images = Image.objects.bulk_create(
        Image(
            namespace=owner,
            owner_id=owner.owner_id,
            name=slug,
            repository=f"{owner.name}/{slug}",
            reserved_by=owner.owner.user,
            expires_at=now,
            first_pushed_at=now,
            pull_count=int(10 ** (chance.random() * 5)),
        )
        for slug, owner in zip(slugs, owners, strict=True)
    )
    _push(images, chance)
    products = Product.objects.bulk_create(
        Product(
            namespace=owner,
            seller_id=owner.owner_id,
            slug=slug,
            title=title,
            summary=f"{title} that {' '.join(_sentence(chance, 7))}."[:200],
            description=". ".join(" ".join(_sentence(chance, 9)) for _ in range(chance.randint(4, 14))),
            category_id=zipf(chance, shelves),
            licence_name=zipf(chance, LICENCES),
            state=Product.State.PUBLISHED,
            published_at=now - timedelta(days=chance.random() * 700),
        )
        for title, slug, owner in zip(titles, slugs, owners, strict=True)
    )
    ProductImage.objects.bulk_create(
        ProductImage(product=product, image=image, owner_id=product.seller_id) for product, image in zip(products, images, strict=True)
    )
    Price.objects.bulk_create(
        Price(product=product, amount=chance.choice((0, 0, 500, 900, 1900, 4900, 19900)), currency="eur") for product in products
    )


def _push(images: Sequence[Image], chance: random.Random) -> None:
    now = timezone.now()
    manifests = Manifest.objects.bulk_create(
        Manifest(
            image=image,
            digest=digest_of(image.repository),
            media_type=MANIFEST_TYPE,
            kind=Manifest.Kind.IMAGE,
            size=int(10 ** (6.5 + chance.random() * 3)),
            platforms=zipf_of(chance, PLATFORMS),
            described_at=now,
        )
        for image in images
    )
    tags = Tag.objects.bulk_create(
        Tag(
            image=manifest.image,
            name="1.0",
            version=version_key("1.0"),
            manifest=manifest,
            pushed_at=now - timedelta(days=chance.random() * 500),
        )
        for manifest in manifests
    )
    for tag in tags:
        tag.image.leading_tag = tag
    Image.objects.bulk_update(images, ["leading_tag"], batch_size=500)


def zipf_of(chance: random.Random, several: Sequence[tuple[str, ...]]) -> list[str]:
    """Return one of these, the first the most often."""
    return list(several[min(int(len(several) ** chance.random()) - 1, len(several) - 1)])


def _sentence(chance: random.Random, length: int) -> Iterator[str]:
    """Yield words, half of them the usual ones; one in twenty names other software."""
    for _ in range(length):
        yield chance.choice((zipf(chance, SOFTWARE), *(zipf(chance, WORDS) for _ in range(10)), *(chance.choice(WORDS) for _ in range(9))))


def _judged() -> None:
    namespace = make_namespace("judged")
    for one in SHOP:
        image = make_pushed_image(namespace)
        Image.objects.filter(pk=image.pk).update(name=one.slug, repository=f"judged/{one.slug}", pull_count=one.pulls)
        texts = {"title": one.title, "summary": one.summary, "description": one.description, "category_id": one.category}
        make_product(namespace, [image], slug=one.slug, texts=texts, amount=500)
    refresh_search_entries()
    count_known_words()
    json.dump({"products": len(SHOP)}, sys.stdout)


if __name__ == "__main__":
    main()
