import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from marketplace.images.models import Manifest, Tag
from marketplace.images.oci import MANIFEST
from marketplace.images.selectors.tags import LISTED, leading_tags, stops_at, tag_rows, tag_rows_of
from marketplace.images.services.leading_tags import update_leading_tag
from tests.factories.marketplace import ImageFactory, ManifestFactory, PushedImageFactory, TagFactory, digest_of

pytestmark = pytest.mark.django_db


def push_many(image, count: int) -> None:
    """Push so many tags, each with a manifest of its own, one a second; `t0` is the oldest."""
    manifests = Manifest.objects.bulk_create(
        Manifest(image=image, digest=digest_of(f"many {n}"), media_type=MANIFEST, kind="image") for n in range(count)
    )
    began = timezone.now() - timedelta(days=1)
    Tag.objects.bulk_create(
        Tag(image=image, name=f"t{n}", manifest=manifest, pushed_at=began + timedelta(seconds=n)) for n, manifest in enumerate(manifests)
    )
    update_leading_tag(image)


def rows_touched(plan: dict) -> int:
    """How many rows all steps of an executed plan have handed on."""
    return int(plan["Actual Rows"] * plan["Actual Loops"]) + sum(rows_touched(part) for part in plan.get("Plans", []))


def test_the_leading_tag_is_one_of_what_was_pushed_last_and_latest_only_without_another():
    old, new, lonely, empty = PushedImageFactory(), PushedImageFactory(), ImageFactory(), ImageFactory()
    later = timezone.now() + timedelta(hours=1)
    manifest = TagFactory(image=new, name="2.0", pushed_at=later).manifest
    TagFactory(image=new, name="latest", manifest=manifest, pushed_at=later + timedelta(hours=1))
    TagFactory(image=new, name="sha256-abc", pushed_at=later + timedelta(hours=2))
    TagFactory(image=lonely, name="latest")
    TagFactory(image=empty, name="chart", manifest=ManifestFactory(image=empty, kind="artifact"))

    found = leading_tags([old.pk, new.pk, lonely.pk, empty.pk])

    assert {pk: tag.name for pk, tag in found.items()} == {old.pk: "1.0", new.pk: "2.0", lonely.pk: "latest"}


def plans_of(queries: CaptureQueriesContext) -> list[dict]:
    """Have PostgreSQL run each query once more, and tell how."""
    plans = []
    with connection.cursor() as cursor:
        for query in queries.captured_queries:
            cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + query["sql"])
            (told,) = cursor.fetchone()
            plans.append((told if isinstance(told, list) else json.loads(told))[0]["Plan"])
    return plans


def sign_all(image) -> None:
    """Push a signature for each tag, after all of them."""
    later = timezone.now() + timedelta(days=1)
    tags = list(image.tags.all())
    Tag.objects.bulk_create(
        Tag(image=image, name=f"sha256-{tag.name}.sig", manifest=tag.manifest, pushed_at=later + timedelta(seconds=n))
        for n, tag in enumerate(tags)
    )


def test_an_image_of_very_many_tags_is_looked_up_once():
    image = ImageFactory()
    push_many(image, 300)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE marketplace_tag, marketplace_manifest")  # as autovacuum does

    with CaptureQueriesContext(connection) as queries:
        assert leading_tags([image.pk])[image.pk].name == "t299"

    (plan,) = plans_of(queries)
    assert rows_touched(plan) < 2 * 300  # so small a table may be read as a whole, once


def test_of_very_many_tags_the_newest_are_listed():
    image, other = ImageFactory(), PushedImageFactory()
    push_many(image, LISTED + 5)

    rows = tag_rows_of([image, other])

    assert [row.name for row in rows[image.pk]] == [f"t{n}" for n in range(LISTED + 4, 4, -1)]
    assert [row.name for row in rows[other.pk]] == ["1.0"]
    assert tag_rows(image) == rows[image.pk]
    assert (stops_at(rows[image.pk]), stops_at(rows[other.pk])) == (LISTED, None)


def test_of_images_with_very_many_tags_only_what_is_listed_is_read_and_handed_over():
    images = [ImageFactory() for _ in range(4)]
    for image in [*images, ImageFactory()]:
        push_many(image, 200)
        sign_all(image)
    Tag.objects.filter(image=images[0], name__startswith="sha256-").delete()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE marketplace_tag, marketplace_manifest, marketplace_image")

    with CaptureQueriesContext(connection) as queries:
        rows = tag_rows_of(images, most=3)

    assert [[row.name for row in rows[image.pk]] for image in images] == [["t199", "t198", "t197"], ["t199"], ["t199"], ["t199"]]
    found, listed, manifests = plans_of(queries)
    assert (found["Actual Rows"], listed["Actual Rows"], manifests["Actual Rows"]) == (4, 3 + 3, 3 + 3)
    assert max(len(query["sql"]) for query in queries.captured_queries) < 2_500  # no list of candidates goes there and back
    looked_at = 4 * 8 * 3
    assert rows_touched(found) < 8 * looked_at  # each candidate by a few steps, and not one of the thousands of others


def test_the_leading_tag_is_listed_however_many_signatures_came_after_it():
    image = PushedImageFactory()
    push_many(image, 2 * LISTED)
    sign_all(image)

    (row,) = tag_rows_of([image], most=2)[image.pk]

    assert row.name == "1.0" == leading_tags([image.pk])[image.pk].name


def test_a_row_names_the_tags_that_moved():
    image, at = PushedImageFactory(), timezone.now()
    manifest = TagFactory(image=image, name="2.0", pushed_at=at, moved_at=at, moved_from=digest_of("before")).manifest
    TagFactory(image=image, name="2.0.1", manifest=manifest, pushed_at=at)

    row = next(row for row in tag_rows(image) if row.name == "2.0.1")

    assert [tag.name for tag in row.moved] == ["2.0"]
