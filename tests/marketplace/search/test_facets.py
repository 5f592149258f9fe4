"""What the filters of a search cost where a seller puts many images into their products."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from marketplace.images.models import Manifest, Namespace
from marketplace.products.models import Product
from marketplace.search.facets import Filters, choices_of
from tests.factories.marketplace import ProductFactory, PushedImageFactory

pytestmark = pytest.mark.django_db


def looked_at(plan: dict, table: str) -> int:
    """How many rows of a table the steps of an executed plan have read."""
    own = (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)) * plan["Actual Loops"] if plan.get("Relation Name") == table else 0
    return int(own) + sum(looked_at(part, table) for part in plan.get("Plans", []))


def test_each_image_of_what_was_found_is_looked_at_once_for_all_platforms(namespace: Namespace) -> None:
    images = [PushedImageFactory(namespace=namespace) for _ in range(16)]
    Manifest.objects.update(platforms=["linux/s390x"])  # none of the choices, so that no look at one image spares the others
    ProductFactory(namespace=namespace, images=images)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")

    with CaptureQueriesContext(connection) as queries:
        choices = choices_of(Product.objects.offered(), Filters())

    assert choices["platforms"] == []
    sql = queries.captured_queries[-1]["sql"]
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + sql)
        (told,) = cursor.fetchone()
    plan = (told if isinstance(told, list) else json.loads(told))[0]["Plan"]
    assert looked_at(plan, "marketplace_manifest") <= len(images)


def test_a_bundle_counts_once_for_a_platform_however_many_of_its_images_run_on_it(namespace: Namespace) -> None:
    ProductFactory(namespace=namespace, images=[PushedImageFactory(namespace=namespace) for _ in range(3)])
    Manifest.objects.update(platforms=["linux/amd64", "linux/arm64"])

    choices = choices_of(Product.objects.offered(), Filters(platforms=["linux/arm64"]))

    assert [(choice.value, choice.count, choice.checked) for choice in choices["platforms"]] == [
        ("linux/amd64", 1, False),
        ("linux/arm64", 1, True),
    ]
