"""Which tag pages lead with."""

import random
from datetime import timedelta

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import AuditEvent
from common.ops.redis import redis_client, redis_key
from marketplace.covers.tasks import draw_outdated_covers
from marketplace.images.errors import NotYours, UnknownTag
from marketplace.images.locks import lock_image
from marketplace.images.models import Image
from marketplace.images.oci import MANIFEST
from marketplace.images.selectors.tags import choose_leading_tag, leading_tags, leading_tags_to_be
from marketplace.images.services import leading_tags as service
from marketplace.images.services.leading_tags import feature_tag, repair_leading_tags
from marketplace.images.services.manifests import record_push, remove_tag
from marketplace.images.tasks import repair_leading_tags as task
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import ImageFactory, ManifestFactory, PushedImageFactory, TagFactory, digest_of

pytestmark = pytest.mark.django_db


def leads(image) -> str | None:
    tag = leading_tags([image.pk]).get(image.pk)
    return tag.name if tag else None


def test_pages_lead_with_the_highest_version_whenever_it_was_pushed():
    image, later = ImageFactory(), timezone.now() + timedelta(hours=1)
    TagFactory(image=image, name="2.0")
    TagFactory(image=image, name="1.9.9", pushed_at=later)
    TagFactory(image=image, name="10.0-rc1", pushed_at=later)
    TagFactory(image=image, name="latest", pushed_at=later + timedelta(hours=1))

    assert leads(image) == "2.0"


def test_latest_leads_under_the_name_that_says_more():
    image = ImageFactory()
    manifest = TagFactory(image=image, name="latest").manifest
    assert leads(image) == "latest"

    for name, expected in (("2", "2"), ("2.0", "2.0"), ("2.0.1", "2.0.1"), ("stable", "2.0.1")):
        TagFactory(image=image, name=name, manifest=manifest)
        assert leads(image) == expected


def test_a_pushed_image_of_the_tests_leads_with_what_the_shop_would_choose():
    image = PushedImageFactory()

    assert (leads(image), repair_leading_tags()) == ("1.0", 0)


def test_what_is_no_image_never_leads():
    image = PushedImageFactory()
    TagFactory(image=image, name="9.0", manifest=ManifestFactory(image=image, kind="artifact"))
    TagFactory(image=image, name="8.0", manifest=ManifestFactory(image=image, described_at=None, last_error="answers 500"))
    TagFactory(image=image, name="7.0", manifest=ManifestFactory(image=image, described_at=None))

    assert leads(image) == "1.0"


def test_what_only_an_event_has_told_of_leads_where_nothing_else_is_there():
    image = ImageFactory()
    TagFactory(image=image, name="nightly", manifest=ManifestFactory(image=image, described_at=None))
    assert leads(image) == "nightly"
    TagFactory(image=image, name="1.0", manifest=ManifestFactory(image=image, described_at=None))
    assert leads(image) == "1.0"


class TestFeatured:
    def test_the_seller_chooses_what_pages_lead_with_and_takes_the_choice_back(self):
        image = ImageFactory()
        TagFactory(image=image, name="2.0")
        TagFactory(image=image, name="1.9")
        seller = image.owner.user

        featured = feature_tag(image=image, tag="1.9", actor=seller)
        assert str(featured.leading_tag) == leads(image) == "1.9"
        TagFactory(image=featured, name="3.0")
        assert leads(image) == "1.9"
        remove_tag(repository=image.repository, tag="1.9")
        assert leads(image) == "3.0"
        TagFactory(image=featured, name="1.9")
        assert leads(image) == "1.9"
        feature_tag(image=image, tag="", actor=seller)
        assert leads(image) == "3.0"
        assert [event.details for event in AuditEvent.objects.filter(action="image.tag_featured").order_by("pk")] == [
            {"tag": "1.9"},
            {"tag": ""},
        ]

    def test_only_what_buyers_see_can_lead_and_only_its_owner_says_so(self):
        image = PushedImageFactory()
        TagFactory(image=image, name="sha256-abc")

        for tag in ("2.0", "sha256-abc"):
            with pytest.raises(UnknownTag, match=f"Buyers see no tag {tag} on"):
                feature_tag(image=image, tag=tag, actor=image.owner.user)
        with pytest.raises(NotYours):
            feature_tag(image=image, tag="1.0", actor=UserFactory())
        image.refresh_from_db()
        assert (image.featured_tag, leads(image)) == ("", "1.0")


def test_a_pushed_tag_knows_its_version():
    image = ImageFactory()
    for name in ("v2.0", "latest"):
        record_push(repository=image.repository, digest=digest_of(name), media_type=MANIFEST, size=1, tag=name, at=timezone.now())

    assert [tag.version != "" for tag in image.tags.order_by("name")] == [False, True]


@pytest.fixture(autouse=True)
def nothing_checked():
    redis_client().delete(redis_key(service._CHECKED))


def forget(*images):
    Image.objects.filter(pk__in=[image.pk for image in images]).update(leading_tag=None)


def test_the_check_chooses_for_many_what_a_push_chooses_for_one():
    chance = random.Random(5)
    names = ["latest", "stable", "1.0", "2.0", "2.0-rc1", "10", "sha256-abc"]
    for _ in range(40):
        image = ImageFactory(first_pushed_at=timezone.now(), featured_tag=chance.choice(["", "", "stable", "gone"]))
        manifests = [
            ManifestFactory(
                image=image,
                kind=chance.choice(["image", "image", "artifact"]),
                described_at=chance.choice([None, timezone.now()]),
                last_error=chance.choice(["", "", "answers 500"]),
            )
            for _ in range(3)
        ]
        for name in chance.sample(names, chance.randrange(len(names))):
            pushed_at = timezone.now() - timedelta(minutes=chance.randrange(9))
            TagFactory(image=image, name=name, manifest=chance.choice(manifests), pushed_at=pushed_at)
    images = list(Image.objects.order_by("pk"))

    found = {pk: chosen for pk, _, chosen in leading_tags_to_be([image.pk for image in images])}

    chosen = {image.pk: choose_leading_tag(image.pk, image.featured_tag) for image in images}
    assert found == {pk: tag and tag.pk for pk, tag in chosen.items()}
    assert {tag.name for tag in chosen.values() if tag} == set(names) - {"sha256-abc"}


def test_a_check_asks_once_for_a_batch_however_many_images_there_are():
    PushedImageFactory()
    asked = []
    for more in (1, 6):
        PushedImageFactory.create_batch(more)
        with CaptureQueriesContext(connection) as queries:
            assert repair_leading_tags() == 0
        asked.append(len(queries))
    assert asked == [2, 2]


def test_a_check_goes_on_where_the_last_one_ended_and_begins_anew_after_the_last_image(monkeypatch):
    monkeypatch.setattr(service, "BATCH", 2)
    monkeypatch.setattr(service, "MOST_BATCHES", 1)
    images = sorted(PushedImageFactory.create_batch(5), key=lambda image: image.pk)
    forget(*images)

    assert [task() for _ in range(3)] == [2, 2, 1]
    forget(images[0])
    assert task() == 1


def test_one_image_that_cannot_be_mended_keeps_no_other_waiting(monkeypatch):
    first, second = sorted(PushedImageFactory.create_batch(2), key=lambda image: image.pk)
    forget(first, second)

    def all_but_one(*, image_id):
        if image_id == first.pk:
            raise ValueError
        return lock_image(image_id=image_id)

    with monkeypatch.context() as patch:
        patch.setattr(service, "lock_image", all_but_one)
        assert repair_leading_tags() == 1
    assert (leads(first), leads(second)) == (None, "1.0")
    assert repair_leading_tags() == 1


def test_a_batch_that_ends_the_run_is_passed_over(monkeypatch):
    monkeypatch.setattr(service, "BATCH", 1)
    first, second = sorted(PushedImageFactory.create_batch(2), key=lambda image: image.pk)
    forget(first, second)

    def all_but_one(image_ids):
        if first.pk in image_ids:
            raise SoftTimeLimitExceeded
        return leading_tags_to_be(image_ids)

    monkeypatch.setattr(service, "leading_tags_to_be", all_but_one)
    with pytest.raises(SoftTimeLimitExceeded):
        repair_leading_tags()
    assert repair_leading_tags() == 1
    assert leads(second) == "1.0"


def test_covers_are_drawn_without_looking_at_every_image():
    image = PushedImageFactory()
    forget(image)

    draw_outdated_covers()

    assert leads(image) is None


def test_what_something_else_has_left_wrong_is_mended():
    wrong, right, empty = PushedImageFactory(), PushedImageFactory(), ImageFactory()
    type(wrong).objects.filter(pk=wrong.pk).update(leading_tag=None)

    assert [repair_leading_tags(), repair_leading_tags()] == [1, 0]

    assert [leads(image) for image in (wrong, right, empty)] == ["1.0", "1.0", None]
