"""Workers that drain the registry's notifications at once: every pull is counted, and once."""

import json
from collections import Counter
from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from common.ops.redis import raw_redis_client, redis_key
from marketplace.images.models import Image
from marketplace.images.oci import MANIFEST
from marketplace.images.services.manifests import record_push
from marketplace.insights.models import PullCount, PullerSketch
from registry_auth.inbox import drain as service
from registry_auth.inbox.client_hash import client_hash
from registry_auth.inbox.drain import drain_envelopes
from registry_auth.inbox.envelopes import EventAction, RegistryEvent, read_envelope
from registry_auth.inbox.models import RegistryEnvelope, SeenRegistryEvent, WaitingPuller
from registry_auth.inbox.pullers import count_pullers
from registry_auth.inbox.transports.postgresql import accept_events, store_events
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import ImageFactory, digest_of
from tests.support.threads import run_in_threads

pytestmark = pytest.mark.django_db(transaction=True)


def registry_event(event_id: str, image: Image, *, tag: str, subject: str, address: str = "") -> dict[str, object]:
    target = {"mediaType": MANIFEST, "digest": digest_of("x"), "repository": image.repository, "tag": tag}
    return {
        "id": event_id,
        "timestamp": timezone.now().isoformat(),
        "action": "pull",
        "target": target,
        "request": {"method": "GET", "addr": address},
        "actor": {"name": subject},
    }


def store(*events: dict[str, object]) -> None:
    store_events(events=read_envelope(json.dumps({"events": events}).encode(), received_at=timezone.now()))


def counted() -> dict[tuple[object, ...], int]:
    return {
        (image, tag, buyer): count for image, tag, buyer, count in PullCount.objects.values_list("image", "tag", "buyer__name", "count")
    }


def test_two_drains_on_the_same_rows_count_every_pull_once(monkeypatch):
    monkeypatch.setattr(service, "BATCH", 3)  # so that they meet often
    images, tags, names = ImageFactory.create_batch(3), ("1.0", "2.0"), ("ada", "bob", "")
    for name in filter(None, names):
        UserFactory(username=name)
    expected: Counter[tuple[object, ...]] = Counter()
    for number in range(60):
        keys = [(images[n % 3], tags[n % 2], names[(number + n) % 3]) for n in range(number, number + 12)]
        events = [registry_event(f"{number}-{place}", image, tag=tag, subject=who) for place, (image, tag, who) in enumerate(keys)]
        store(*events, *events[::-1])
        store(*events[:2])  # registry_event again
        expected.update((image.pk, tag, who or None) for image, tag, who in keys)

    outcomes = run_in_threads(4, drain_envelopes)

    assert sum(outcomes) == 120
    assert counted() == expected
    assert {image.pk: Image.objects.get(pk=image.pk).pull_count for image in images} == Counter(
        image for image, _, _ in expected.elements()
    )
    assert not RegistryEnvelope.objects.exclude(last_error="", drained_at__isnull=False).exists()


def test_drains_that_hold_the_same_envelopes_count_them_once(monkeypatch):
    image = ImageFactory()
    for number in range(40):
        store(*[registry_event(f"{number}-{n}", image, tag="1.0", subject="") for n in range(5)])
    monkeypatch.setattr(service, "CLAIM", timedelta(seconds=-1))  # every claim has run out as it is made
    monkeypatch.setattr(service, "BATCH", 5)

    outcomes = run_in_threads(4, drain_envelopes)

    assert sum(outcomes) >= 40
    assert counted() == {(image.pk, "1.0", None): 200}
    assert SeenRegistryEvent.objects.count() == 200


def test_notifications_that_arrive_at_once_are_each_stored_once():
    def accept(number: int) -> None:
        for step in range(20):
            event = RegistryEvent(
                id=f"{number}-{step}", action=EventAction.PULL, at=timezone.now(), repository="acme/db", digest=digest_of("x")
            )
            accept_events(events=[event])

    outcomes = run_in_threads(8, accept)

    assert outcomes == [None] * 8
    stored = [event["id"] for body in RegistryEnvelope.objects.values_list("body", flat=True) for event in body]
    assert sorted(stored) == sorted(f"{number}-{step}" for number in range(8) for step in range(20))


def test_pullers_that_arrive_while_others_are_counted_are_counted_as_well():
    image, redis = ImageFactory(), raw_redis_client()
    for number in range(40):
        store(*[registry_event(f"{number}-{n}", image, tag="1.0", subject="", address=f"10.0.{number}.{n}") for n in range(8)])

    def act(number: int) -> int:
        return sum(count_pullers(redis=redis) for _ in range(30)) if number == 0 else drain_envelopes()

    outcomes = run_in_threads(3, act)
    count_pullers(redis=redis)

    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert not WaitingPuller.objects.exists()
    redis.pfadd(redis_key("all at once"), *[UUID(client_hash(f"10.0.{number}.{n}")).bytes for number in range(40) for n in range(8)])
    assert {sketch.distinct for sketch in PullerSketch.objects.all()} == {redis.pfcount(redis_key("all at once"))}


def test_pushes_and_drains_at_once_both_come_through():
    images = ImageFactory.create_batch(4)
    for number in range(40):
        store(*[registry_event(f"{number}-{n}", images[(number + n) % 4], tag="1.0", subject="") for n in range(8)])

    def act(number: int) -> object:
        if number < 2:
            return drain_envelopes()
        for step in range(10):
            digest = digest_of(f"{number}-{step}")
            record_push(repository=images[step % 4].repository, digest=digest, media_type=MANIFEST, size=1, tag="1.0", at=timezone.now())
        return None

    outcomes = run_in_threads(4, act)

    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert sum(counted().values()) == 320
