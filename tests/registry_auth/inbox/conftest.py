"""Telling the inner listener of events as a registry does."""

import json
import threading
from collections.abc import Callable, Iterator

import pytest
from django.utils import timezone

from marketplace.images.models import Image
from marketplace.images.oci import MANIFEST
from registry_auth.inbox.drain import drain_envelopes
from registry_auth.inbox.transports import brokers
from tests.factories.marketplace import ImageFactory, digest_of
from tests.support.stream import Stream, streaming

URL = "/registry/events"


def registry_event(
    action: str, repository: str, *, event_id: str, digest: str = digest_of("one"), tag: str | None = None, at=None, method: str = "GET"
) -> dict:
    target = {"mediaType": MANIFEST, "size": 500, "digest": digest, "repository": repository}
    if tag:
        target["tag"] = tag
    timestamp = (at or timezone.now()).isoformat()
    return {
        "id": event_id,
        "timestamp": timestamp,
        "action": action,
        "target": target,
        "request": {"method": method},
        "actor": {"name": "ada"},
    }


@pytest.fixture
def tell(events_client, settings):
    def send(*events: dict, content: bytes | None = None, secret: str | None = None):
        bearer = settings.LAYERSTORE_EVENTS_SECRET if secret is None else secret
        content = json.dumps({"events": events}).encode() if content is None else content
        kind = "application/vnd.docker.distribution.events.v1+json"
        return events_client.post(URL, content, content_type=kind, headers={"authorization": f"Bearer {bearer}"})

    return send


@pytest.fixture
def image() -> Image:
    return ImageFactory()


@pytest.fixture(scope="session")
def _producers_end_before_their_cluster(kafka_cluster) -> Iterator[None]:
    yield
    brokers._producers.clear()
    for thread in threading.enumerate():
        if thread.name == "kafka-receipts":  # it looks once a second whether its producer is still the process's own
            thread.join()


@pytest.fixture
def stream(_producers_end_before_their_cluster, kafka, settings) -> Iterator[Stream]:
    """Switch the event stream on, with a topic of this test's own."""
    with streaming(kafka, settings) as stream:
        yield stream


@pytest.fixture(params=["postgresql", "kafka"])
def apply(request) -> Callable[[], object]:
    """Return what lets all events that were told have their effect: a drain of the inbox, or a consumer of the stream."""
    return drain_envelopes if request.param == "postgresql" else request.getfixturevalue("stream").count
