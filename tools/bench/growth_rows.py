"""Fills a database with so many entitlements and what belongs to them, and prints requests as JSON.

Each row is one of tools/bench/rows.py, written again under other keys: INSERT … SELECT generate_series. Keys are hashes, so that what
is requested is spread over the whole index. Indexes are left out while a table is filled and built afterwards.
"""

import json
import random
import sys
from base64 import b64encode
from hashlib import md5
from urllib.parse import urlencode
from uuid import UUID

import django

django.setup()

from django.db import connection, transaction
from django.db.models import Model

from accounts.people.models import Account, User
from accounts.tokens.models import AccessToken
from accounts.tokens.secrets import new_secret, secret_hash
from marketplace.entitlements.models import Entitlement
from marketplace.images.models import Image
from marketplace.products.models import Price, Product, ProductImage
from tools.bench.rows import make_access_token, make_entitlement, make_namespace, make_product, make_pushed_image

HELD = 10  # entitlements of each user
HOLDERS = 100  # of each image
FEWEST_IMAGES = 5_000  # held or not: for a table of a few pages the planner chooses a plan that no real table has
BESIDE = 10  # images of each product
ASKING = 1_000  # users, each for two of their images


def main() -> None:
    """Fill, and print what to ask. argv: how many entitlements."""
    count = int(sys.argv[1])
    users, held = count // HELD, count // HOLDERS
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # foreign keys are right by construction, not by ten million checks
        cursor.execute("SET LOCAL maintenance_work_mem = '1GB'")
        _fill(users, held)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
    asking = random.Random(count).sample(range(users), min(users, ASKING))
    secrets = {number: new_secret() for number in asking}
    for number, secret in secrets.items():
        AccessToken.objects.filter(pk=_key("token", number)).update(secret_hash=secret_hash(secret))
    requests = [_ask(number, secret, held, which) for number, secret in secrets.items() for which in (0, HELD - 1)]
    size = _one("SELECT pg_database_size(current_database())")
    json.dump({"requests": requests, "entitlements": Entitlement.objects.count(), "bytes": size}, sys.stdout)


def _fill(users: int, held_images: int) -> None:
    images = max(FEWEST_IMAGES, held_images)
    first_user, _ = make_access_token()
    token = AccessToken.objects.get(user=first_user)
    shop = make_namespace()
    product = make_product(shop, [make_pushed_image(shop)], amount=500)
    held = make_entitlement(first_user.account, product.images.get())
    namespace = shop.name
    user, image, part = _sql_key("user"), _sql_key("image"), _sql_key("product", f"(i / {BESIDE})")
    _multiply(User, first_user.pk, users, id=user, username="'grown-' || i", email="'grown-' || i || '@example.test'")
    _multiply(Account, first_user.account.pk, users, id=_sql_key("account"), user_id=user, handle="'grown-' || i")
    _multiply(AccessToken, token.pk, users, id=_sql_key("token"), user_id=user, secret_hash="md5('a' || i) || md5('b' || i)")
    _multiply(Image, held.image_id, images, id=image, name="'grown-' || i", repository=f"'{namespace}/grown-' || i", leading_tag_id="NULL")
    products = max(1, -(-images // BESIDE))
    _multiply(Product, product.pk, products, id=_sql_key("product"), slug="'grown-' || i")
    _multiply(Price, product.prices.get().pk, products, id=_sql_key("price"), product_id=_sql_key("product"))
    first = ProductImage.objects.get(product=product)
    _multiply(ProductImage, first.pk, images, id="i + 1000", image_id=image, product_id=part)
    number = f"((i / {HELD})::bigint * 7 + (i % {HELD}) * 13) % {held_images}"  # as _image says it
    holder = _sql_key("account", f"(i / {HELD})")
    _multiply(Entitlement, held.pk, users * HELD, id=_sql_key("entitlement"), holder_id=holder, image_id=_sql_key("image", f"({number})"))


def _image(user: int, which: int, images: int) -> int:
    return (user * 7 + which * 13) % images


def _multiply(model: type[Model], pk: UUID | int, count: int, **changes: str) -> None:
    """Write a row again so many times, with other values in some columns: SQL in which `i` is the number of the row, from 0."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexdef, indexname FROM pg_indexes WHERE tablename = %s AND indexname NOT IN (SELECT conname FROM pg_constraint)",
            [table],
        )
        indexes = cursor.fetchall()
        for _, name in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        columns = [str(field.column) for field in model._meta.concrete_fields if not field.generated]
        values = ", ".join(changes.get(column, f'pattern."{column}"') for column in columns).replace("%", "%%")
        names = ", ".join(f'"{column}"' for column in columns)
        key = model._meta.pk.column
        rows = f"generate_series(0, {count - 1}) i, {table} pattern"
        cursor.execute(f'INSERT INTO {table} ({names}) SELECT {values} FROM {rows} WHERE pattern."{key}" = %s', [pk])
        for definition, _ in indexes:
            cursor.execute(definition)


def _sql_key(kind: str, number: str = "i") -> str:
    return f"md5('{kind}' || {number})::uuid"


def _key(kind: str, number: int) -> UUID:
    return UUID(md5(f"{kind}{number}".encode(), usedforsecurity=False).hexdigest())


def _ask(user: int, secret: str, images: int, which: int) -> dict[str, str]:
    namespace = _one("SELECT split_part(repository, '/', 1) FROM marketplace_image LIMIT 1")
    query = urlencode({"service": "layerstore", "scope": f"repository:{namespace}/grown-{_image(user, which, images)}:pull"})
    return {"path": f"/auth/token?{query}", "authorization": f"Basic {b64encode(f'grown-{user}:{secret}'.encode()).decode()}"}


def _one(query: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0]


if __name__ == "__main__":
    main()
