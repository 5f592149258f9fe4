"""What an event does to tags, manifests and counts, whichever way it came."""

from datetime import UTC, timedelta

import pytest
from django.utils import timezone

from marketplace.images.models import Image, Manifest, Tag
from marketplace.images.oci import INDEX
from marketplace.insights.models import BuyerPull, PullCount
from registry_auth.inbox.drain import drain_envelopes
from registry_auth.inbox.models import RegistryEnvelope
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import EntitlementFactory, ImageFactory, ManifestFactory, PushedImageFactory, TagFactory, digest_of
from tests.registry_auth.inbox.conftest import registry_event

pytestmark = pytest.mark.django_db


class TestEffect:
    def test_a_push_writes_manifest_and_tag(self, tell, image, apply):
        tell(registry_event("push", image.repository, event_id="1", tag="1.0"))

        apply()

        tag = Tag.objects.get()
        assert (tag.image, tag.name, tag.manifest.digest, tag.manifest.described_at) == (image, "1.0", digest_of("one"), None)

    def test_an_envelope_is_applied_once(self, tell, image):
        tell(registry_event("push", image.repository, event_id="1", tag="1.0"))

        assert drain_envelopes() == 1

        envelope = RegistryEnvelope.objects.get()
        assert (envelope.drained_at is not None, envelope.attempts, envelope.last_error) == (True, 1, "")
        assert drain_envelopes() == 0

    def test_late_news_move_no_tag_back(self, tell, image, apply):
        now = timezone.now()
        tell(registry_event("push", image.repository, event_id="2", tag="1.0", digest=digest_of("new"), at=now))
        tell(registry_event("push", image.repository, event_id="1", tag="1.0", digest=digest_of("old"), at=now - timedelta(minutes=1)))

        apply()

        assert Tag.objects.get().manifest.digest == digest_of("new")
        assert Manifest.objects.count() == 2

    def test_a_deleted_manifest_goes_with_its_tag(self, tell, apply):
        image = PushedImageFactory()
        tell(registry_event("delete", image.repository, event_id="1", digest=image.tags.get().manifest.digest))

        apply()

        assert not Manifest.objects.filter(image=image).exists()

    def test_a_deleted_tag_goes_alone(self, tell, apply):
        image = PushedImageFactory()
        event = registry_event("delete", image.repository, event_id="1", tag="1.0")
        del event["target"]["digest"]
        tell(event)

        apply()

        assert (image.tags.count(), image.manifests.count()) == (0, 1)

    def test_pulls_are_counted(self, tell, image, apply):
        other = ImageFactory()
        tell(
            *[registry_event("pull", image.repository, event_id=str(n)) for n in range(3)],
            registry_event("pull", other.repository, event_id="other"),
        )

        apply()

        assert [Image.objects.get(pk=each.pk).pull_count for each in (image, other)] == [3, 1]

    def test_a_buyers_pull_is_kept_with_time_address_client_and_digest(self, tell, image):
        EntitlementFactory(holder=UserFactory(username="ada").account, image=image, source_kind="order")
        EntitlementFactory(holder=UserFactory(username="ada-2").account, image=image, source_kind="order")
        at = timezone.now() - timedelta(minutes=5)
        seen = {"method": "GET", "addr": "203.0.113.9:51234", "useragent": "docker/27.3.1"}
        event = registry_event("pull", image.repository, event_id="1", at=at) | {"request": seen}
        tell(event, event | {"id": "2", "actor": {}})

        drain_envelopes()

        (kept,) = BuyerPull.objects.values_list("buyer__user__username", "digest", "address", "client", "first_at", "count")
        assert kept == ("ada", digest_of("one"), "203.0.113.9", "docker/27.3.1", at, 1)

    @pytest.mark.parametrize("described", [True, False], ids=["described", "not described yet"])
    def test_a_pull_of_an_index_and_its_child_is_one(self, tell, image, described, apply):
        child = ManifestFactory(image=image, platforms=["linux/arm64"]).digest
        index = ManifestFactory(image=image, kind=Manifest.Kind.INDEX, children=[child] if described else [])
        TagFactory(image=image, name="2.0", manifest=index)
        whole = registry_event("pull", image.repository, event_id="1", digest=index.digest, tag="2.0")
        whole["target"]["mediaType"] = INDEX
        tell(whole, registry_event("pull", image.repository, event_id="2", digest=child))

        apply()

        row = PullCount.objects.get()
        assert (row.image, row.tag, row.platform, row.count) == (image, "2.0" if described else "", "linux/arm64", 1)

    def test_a_pull_is_counted_under_the_day_it_happened_and_whose_it_was(self, tell, image, apply):
        ada = UserFactory(username="ada").account
        at = timezone.now() - timedelta(days=2)
        tell(registry_event("pull", image.repository, event_id="1", tag="1.0", at=at))

        apply()

        row = PullCount.objects.get()
        assert (row.day, row.tag, row.buyer, row.count) == (at.astimezone(UTC).date(), "1.0", ada, 1)

    def test_an_unknown_name_is_logged_and_dropped(self, tell, caplog, apply):
        tell(
            registry_event("push", "nobody/home", event_id="1"),
            registry_event("pull", "nobody/home", event_id="2"),
            registry_event("delete", "nobody/home", event_id="3"),
        )

        apply()

        assert set(RegistryEnvelope.objects.values_list("last_error", flat=True)) <= {""}
        assert not Manifest.objects.exists()
        assert "a name that nobody holds" in caplog.text
