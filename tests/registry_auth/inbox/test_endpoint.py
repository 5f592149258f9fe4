"""The inbox: what arrives is stored before it is answered."""

import json
from io import BytesIO
from typing import Any
from unittest import mock

import pytest
from django.core.cache import cache
from django.db import InterfaceError, OperationalError

from common.errors import RetryLater
from registry_auth.inbox import endpoint
from registry_auth.inbox.models import RegistryEnvelope
from registry_auth.inbox.tasks import drain_registry_events
from tests.registry_auth.inbox.conftest import URL, registry_event

pytestmark = pytest.mark.django_db


class TestListener:
    def test_a_notification_is_stored_by_one_insert_before_the_answer(self, tell, image, django_assert_num_queries):
        with django_assert_num_queries(1):
            response = tell(
                registry_event("push", image.repository, event_id="1", tag="1.0"), registry_event("pull", image.repository, event_id="2")
            )

        assert response.status_code == 202
        assert [event["id"] for event in RegistryEnvelope.objects.get().body] == ["1", "2"]

    def test_what_can_have_no_effect_is_answered_and_not_stored(self, tell, image):
        assert tell(registry_event("pull", image.repository, event_id="1", method="HEAD")).status_code == 202
        assert tell().status_code == 202
        assert not RegistryEnvelope.objects.exists()

    @pytest.mark.parametrize("secret", ["", "wrong", "events-secret-of-the-test", "events-secret-of-the-testsx", "ß"])
    def test_without_the_secret_nothing_is_taken(self, tell, image, secret):
        assert tell(registry_event("push", image.repository, event_id="1"), secret=secret).status_code == 401
        assert not RegistryEnvelope.objects.exists()

    def test_without_a_header_nothing_is_taken(self, events_client):
        assert events_client.post(URL, "{}", content_type="application/json").status_code == 401

    def test_without_a_configured_secret_the_listener_is_off(self, tell, settings):
        settings.LAYERSTORE_EVENTS_SECRET = ""

        assert tell().status_code == 401

    @pytest.mark.parametrize("content", [b"", b"x", b"[]", b'{"events": 1}'])
    def test_what_is_no_notification_is_400(self, tell, content):
        assert tell(content=content).status_code == 400
        assert not RegistryEnvelope.objects.exists()

    def test_a_body_beyond_the_limit_is_413(self, tell, settings):
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100

        assert tell(content=b"x" * 101).status_code == 413

    @pytest.mark.parametrize("length", ["100", "9" * 5_000], ids=["one", "of thousands of digits"])
    def test_a_length_that_is_too_large_is_refused_before_the_body_is_read(self, settings, length):
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 99

        assert asked(settings, CONTENT_LENGTH=length, body=mock.Mock(read=mock.Mock(side_effect=AssertionError))) == 413

    def test_a_body_in_chunks_is_read_to_the_limit(self, settings):
        chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}

        assert asked(settings, **chunked, body=BytesIO(b'{"events": []}')) == 202
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 13
        assert asked(settings, **chunked, body=BytesIO(b'{"events": []}')) == 413

    @pytest.mark.parametrize(
        "body", [BytesIO(b'{"events": []}'), mock.Mock(read=mock.Mock(side_effect=ConnectionResetError))], ids=["ends early", "breaks off"]
    )
    def test_a_body_that_breaks_off_is_400(self, settings, body):
        assert asked(settings, CONTENT_LENGTH="20", body=body) == 400

    @pytest.mark.parametrize(
        ("error", "status"),
        [(OperationalError(), 503), (InterfaceError(), 503), (RetryLater("Wait."), 503), (ValueError(), 500)],
        ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
    )
    def test_what_could_not_be_stored_is_not_acknowledged(self, tell, image, monkeypatch, error, status):
        monkeypatch.setattr(endpoint, "accept_events", mock.Mock(side_effect=error))

        answer = tell(registry_event("push", image.repository, event_id="1"))

        assert (answer.status_code, "Send it again" in answer.json()["message"]) == (status, True)
        assert not RegistryEnvelope.objects.exists()

    def test_the_largest_envelope_is_taken_whole(self, tell, image, settings):
        """32 MiB, as large as the setting of the real process says: 25,000 events as distribution writes them."""
        events = [registry_event("pull", image.repository, event_id=str(number)) for number in range(25_000)]
        padding = "x" * ((settings.DATA_UPLOAD_MAX_MEMORY_SIZE - len(json.dumps({"events": events}))) // 25_000 - 30)
        content = json.dumps({"events": [event | {"useragent": padding} for event in events]}).encode()
        assert 0.95 < len(content) / settings.DATA_UPLOAD_MAX_MEMORY_SIZE <= 1

        assert tell(content=content).status_code == 202

        assert RegistryEnvelope.objects.get().event_count == 25_000

    def test_only_post(self, events_client):
        answer = events_client.get(URL)

        assert (answer.status_code, answer["Allow"]) == (405, "POST")

    @pytest.mark.parametrize(("path", "taken"), [(URL, True), (f"{URL}/", False), ("/metrics", False)])
    def test_everything_else_is_passed_on(self, path, taken):
        others = mock.Mock(return_value=[b"another"])

        answer = list(endpoint.before(others)({"PATH_INFO": path, "REQUEST_METHOD": "GET"}, mock.Mock()))

        assert (answer == [b"another"]) is not taken

    def test_a_push_wakes_the_worker_once_until_it_comes(self, tell, image, django_capture_on_commit_callbacks):
        with mock.patch.object(drain_registry_events, "apply_async") as queued, django_capture_on_commit_callbacks(execute=True):
            tell(registry_event("push", image.repository, event_id="1"))
            tell(registry_event("push", image.repository, event_id="2"))
        assert queued.call_count == 1

        with mock.patch("registry_auth.upkeep.tasks.describe_waiting_manifests"):
            drain_registry_events()
        with mock.patch.object(drain_registry_events, "apply_async") as queued, django_capture_on_commit_callbacks(execute=True):
            tell(registry_event("delete", image.repository, event_id="3"))
        assert queued.call_count == 1

    def test_pulls_wait_for_the_periodic_run(self, tell, image, django_capture_on_commit_callbacks):
        with mock.patch.object(drain_registry_events, "apply_async") as queued, django_capture_on_commit_callbacks(execute=True):
            tell(registry_event("pull", image.repository, event_id="1"))

        assert queued.call_count == 0
        assert cache.get("registry-events-drain-queued") is None


def asked(settings, *, body: Any, **environ: Any) -> int:
    """Send a request that Django's client would not make; return the status."""
    start = mock.Mock()
    bearer = f"Bearer {settings.LAYERSTORE_EVENTS_SECRET}"
    request = {"REQUEST_METHOD": "POST", "HTTP_AUTHORIZATION": bearer, "wsgi.input": body, **environ}
    endpoint.application(request, start)
    return int(start.call_args.args[0][:3])
