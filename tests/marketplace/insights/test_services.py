"""Counting pulls: once, and under the tag, platform and buyer that they were of."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.people.models import Account
from marketplace.images.models import Image, Manifest
from marketplace.insights.models import PullCount
from marketplace.insights.pulled_manifests import pulled_manifests_of
from marketplace.insights.services import Pull, count_pulls
from tests.factories.accounts import OrganisationFactory, UserFactory
from tests.factories.marketplace import ImageFactory, ManifestFactory, TagFactory, digest_of, expired_days_ago

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 23)
NOW = timezone.now()


def pull(image: Image, digest: str = digest_of("x"), *, tag: str = "", subject: str = "", day: date = DAY) -> Pull:
    return Pull(repository=image.repository, digest=digest, tag=tag, day=day, subject=subject)


def rows(*fields: str) -> dict[object, int]:
    return {tuple(row[:-1]) if len(fields) > 1 else row[0]: row[-1] for row in PullCount.objects.values_list(*fields, "count")}


def test_pulls_are_added_up_by_image():
    one, other = ImageFactory(pull_count=5), ImageFactory()
    freed = ImageFactory(namespace=one.namespace, name="freed", **expired_days_ago(1), freed_at=NOW)
    nobodys = Pull(repository="nobody/has-it", digest=digest_of("x"), tag="", day=DAY, subject="")

    count_pulls(pulls=[*[pull(one)] * 3, pull(other), *[pull(freed)] * 9, nobodys])
    count_pulls(pulls=[])

    assert dict(Image.objects.values_list("repository", "pull_count")) == {one.repository: 8, other.repository: 1, freed.repository: 0}
    assert rows("image") == {one.pk: 3, other.pk: 1}


def test_pulls_that_were_put_together_count_as_often_as_they_were_made():
    image = ImageFactory()

    count_pulls(pulls=[replace(pull(image, tag="1.0"), times=3), pull(image, tag="1.0"), replace(pull(image), times=2)])

    assert (Image.objects.get().pull_count, rows("tag")) == (6, {"1.0": 4, "": 2})


def test_each_day_tag_platform_and_buyer_has_a_row_that_counts_up():
    image, ada = ImageFactory(), UserFactory(username="ada").account
    arm = ManifestFactory(image=image, platforms=["linux/arm64"])

    for _ in range(2):
        count_pulls(
            pulls=[
                pull(image, arm.digest, tag="1.0", subject="ada"),
                pull(image, arm.digest, tag="1.0"),
                pull(image, arm.digest, tag="2.0", subject="ada"),
                pull(image, arm.digest, tag="2.0", subject="ada", day=DAY - timedelta(days=1)),
                pull(image, tag="2.0", subject="ada"),
            ]
        )

    assert rows("day", "tag", "platform", "buyer") == {
        (DAY, "1.0", "linux/arm64", ada.pk): 2,
        (DAY, "1.0", "linux/arm64", None): 2,
        (DAY, "2.0", "linux/arm64", ada.pk): 2,
        (DAY - timedelta(days=1), "2.0", "linux/arm64", ada.pk): 2,
        (DAY, "2.0", "", ada.pk): 2,
    }


def test_a_robots_pull_is_its_organisations_and_an_unknown_subject_is_nobody():
    image, acme = ImageFactory(), OrganisationFactory(handle="acme")

    count_pulls(pulls=[pull(image, subject="acme+build"), pull(image, subject="gone+build"), pull(image, subject="nobody-now")])

    assert rows("buyer") == {acme.pk: 1, None: 2}


class TestTag:
    def test_a_pull_by_digest_is_of_the_newest_tag_that_points_there(self):
        image = ImageFactory()
        manifest = ManifestFactory(image=image)
        for name, hours in (("1", 3), ("1.0", 2), ("latest", 1)):
            TagFactory(image=image, name=name, manifest=manifest, pushed_at=NOW - timedelta(hours=hours))
        TagFactory(name="other", manifest=ManifestFactory(digest=manifest.digest))

        count_pulls(pulls=[pull(image, manifest.digest)])

        assert rows("tag") == {"1.0": 1}

    def test_latest_counts_where_there_is_no_other_and_where_it_was_asked_for(self):
        image = ImageFactory()
        manifest = ManifestFactory(image=image)
        TagFactory(image=image, name="latest", manifest=manifest)
        count_pulls(pulls=[pull(image, manifest.digest)])
        TagFactory(image=image, name="1.0", manifest=manifest)

        count_pulls(pulls=[pull(image, manifest.digest, tag="latest")])

        assert rows("tag") == {"latest": 2}

    def test_a_platforms_manifest_is_of_the_tag_of_its_index(self):
        image = ImageFactory()
        child = ManifestFactory(image=image, platforms=["linux/arm64"])
        for name, days in (("old", 2), ("new", 1)):
            index = ManifestFactory(
                image=image, kind=Manifest.Kind.INDEX, children=[child.digest], platforms=["linux/amd64", "linux/arm64"]
            )
            TagFactory(image=image, name=name, manifest=index, pushed_at=NOW - timedelta(days=days))

        count_pulls(pulls=[pull(image, child.digest)])

        assert rows("tag", "platform") == {("new", "linux/arm64"): 1}

    def test_what_no_tag_points_at_has_none(self):
        image = ImageFactory()

        count_pulls(pulls=[pull(image, ManifestFactory(image=image).digest)])

        assert rows("tag", "platform") == {("", "linux/amd64"): 1}


def test_signatures_and_attestations_are_no_pulls_but_charts_are():
    image = ImageFactory()
    signature, attestation, chart = ManifestFactory.create_batch(3, image=image, kind=Manifest.Kind.ARTIFACT, platforms=[])
    TagFactory(image=image, name="sha256-abc.sig", manifest=signature)
    TagFactory(image=image, name="chart-1", manifest=chart)

    counted = count_pulls(
        pulls=[pull(image, signature.digest), pull(image, tag="sha256-abc.sig"), pull(image, attestation.digest), pull(image, chart.digest)]
    )

    assert [each.tag for each in counted] == ["chart-1"]
    assert Image.objects.get().pull_count == 1


def test_a_thousand_pulls_take_no_more_queries_than_one(django_assert_num_queries):
    user, manifests = UserFactory(), ManifestFactory.create_batch(20)
    pulls = [pull(manifest.image, manifest.digest, subject=user.username) for manifest in manifests] * 50
    count_pulls(pulls=pulls)

    with django_assert_num_queries(10):  # savepoint and its end, images, three of contents, accounts, lock, two writes
        count_pulls(pulls=pulls)
    assert [row.count for row in PullCount.objects.all()] == [100] * 20


_pulls = st.lists(st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(["", "1", "2"]), st.integers(0, 2), st.sampled_from(["", "ada"])))


@given(batches=st.lists(_pulls, max_size=4))
def test_the_rows_say_what_a_plain_count_says(batches):
    PullCount.objects.all().delete()
    Image.objects.update(pull_count=0)
    ada = Account.objects.filter(name="ada").first() or UserFactory(username="ada").account
    images = {name: Image.objects.filter(name=name).first() or ImageFactory(name=name) for name in "ab"}
    expected: Counter[tuple[object, ...]] = Counter()
    for batch in batches:
        days = [DAY - timedelta(days=ago) for _, _, ago, _ in batch]
        count_pulls(pulls=[pull(images[name], tag=tag, subject=who, day=day) for (name, tag, _, who), day in zip(batch, days, strict=True)])
        expected.update((images[name].pk, day, tag, ada.pk if who else None) for (name, tag, _, who), day in zip(batch, days, strict=True))

    assert rows("image", "day", "tag", "buyer") == expected
    assert sum(Image.objects.values_list("pull_count", flat=True)) == expected.total()


def test_contents_are_looked_up_in_three_queries(django_assert_num_queries):
    image = ImageFactory()
    manifest = TagFactory(image=image).manifest

    with django_assert_num_queries(3):
        found = pulled_manifests_of(image_ids=[image.pk], digests=[manifest.digest, digest_of("unknown")])

    assert {key: content.tag for key, content in found.items()} == {(image.pk, manifest.digest): "1.0"}
