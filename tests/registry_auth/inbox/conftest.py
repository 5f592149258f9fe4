"""Telling the inner listener of events as a registry does."""

import json

import pytest
from django.utils import timezone

from marketplace.images.models import Image
from marketplace.images.oci import MANIFEST
from tests.factories.marketplace import ImageFactory, digest_of

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
def tell(inner_client, settings):
    def send(*events: dict, content: bytes | None = None, secret: str | None = None):
        bearer = settings.LAYERSTORE_EVENTS_SECRET if secret is None else secret
        content = json.dumps({"events": events}).encode() if content is None else content
        kind = "application/vnd.docker.distribution.events.v1+json"
        return inner_client.post(URL, content, content_type=kind, headers={"authorization": f"Bearer {bearer}"})

    return send


@pytest.fixture
def image() -> Image:
    return ImageFactory()
