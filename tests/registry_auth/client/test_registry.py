"""Talking to the registry: paged, limited, and with errors that say whether asking again makes sense."""

import json
import ssl
from collections.abc import Callable
from unittest.mock import Mock

import httpx
import pytest

from marketplace.images.oci import INDEX, MANIFEST
from registry_auth.client import registry as registry_client
from registry_auth.client.errors import RegistryAway, RegistryFailed, RegistryRefused
from registry_auth.client.identity import SERVICE_SUBJECT
from registry_auth.client.registry import LARGEST_DOCUMENT, RegistryClient
from tests.registry_auth.conftest import claims_of
from tests.support.registry import digest_of


@pytest.fixture
def asking(token_transport) -> Callable:
    """A client whose registry answers as the test says; it records the requests."""

    def make(answer: Callable[[httpx.Request], httpx.Response]):
        requests: list[httpx.Request] = []

        def handle(request: httpx.Request) -> httpx.Response:
            requests.append(request)
            return answer(request)

        return RegistryClient(transport=httpx.MockTransport(handle), token_transport=token_transport), requests

    return make


def test_listings_follow_their_pages_and_nothing_but_their_path(asking):
    pages = {
        "/v2/_catalog?n=100": (["a/x", "a/y"], '</v2/_catalog?last=a%2Fy&n=100>; rel="next"'),
        "/v2/_catalog?last=a%2Fy&n=100": (["b/x"], '<http://elsewhere.example/v2/_catalog?last=b&n=100>; rel="next"'),
        "/v2/_catalog?last=b&n=100": ([], ""),
    }

    def answer(request):
        names, link = pages[request.url.raw_path.decode()]
        return httpx.Response(200, json={"repositories": names}, headers={"Link": link})

    client, requests = asking(answer)

    assert list(client.repositories()) == ["a/x", "a/y", "b/x"]
    assert {request.url.host for request in requests} == {"127.0.0.1"}


def test_each_question_carries_a_token_for_itself_alone(asking):
    client, requests = asking(lambda _: httpx.Response(200, json={"repositories": [], "tags": []}))

    list(client.repositories())
    list(client.tags("a/x"))
    client.delete_manifest("a/x", digest_of(b""))

    sent_claims = [claims_of(request.headers["Authorization"].removeprefix("Bearer ")) for request in requests]
    assert [claims["access"] for claims in sent_claims] == [
        [{"type": "registry", "name": "catalog", "actions": ["*"]}],
        [{"type": "repository", "name": "a/x", "actions": ["pull"]}],
        [{"type": "repository", "name": "a/x", "actions": ["delete", "pull"]}],
    ]
    assert {claims["sub"] for claims in sent_claims} == {SERVICE_SUBJECT}


def test_what_is_not_there_is_nothing(asking):
    client, _ = asking(lambda _: httpx.Response(404))

    assert list(client.tags("a/x")) == []
    assert client.manifest("a/x", "1.0") is None
    assert client.manifest_digest("a/x", "1.0") is None
    assert client.blob("a/x", digest_of(b"")) is None
    client.delete_manifest("a/x", digest_of(b""))


def test_a_null_list_is_an_empty_one(asking):
    client, _ = asking(lambda _: httpx.Response(200, json={"name": "a/x", "tags": None}))

    assert list(client.tags("a/x")) == []


def test_a_manifest_comes_with_digest_and_type(asking):
    content = json.dumps({"schemaVersion": 2}).encode()
    client, requests = asking(lambda _: httpx.Response(200, content=content, headers={"Content-Type": f"{MANIFEST}; charset=utf-8"}))

    for reference in ("1.0", digest_of(content)):
        found = client.manifest("a/x", reference)
        assert found is not None
        assert (found.digest, found.media_type, found.content) == (digest_of(content), MANIFEST, content)
    assert INDEX in requests[0].headers["Accept"]


def test_content_with_another_digest_is_refused(asking):
    client, _ = asking(lambda _: httpx.Response(200, content=b"something else"))

    with pytest.raises(RegistryRefused):
        client.manifest("a/x", digest_of(b"what was meant"))


@pytest.mark.parametrize("status", [500, 502, 503, 429, pytest.param(401, id="token not trusted")])
def test_a_question_that_the_registry_has_trouble_with_may_be_asked_again(asking, status):
    client, _ = asking(lambda _: httpx.Response(status))

    with pytest.raises(RegistryFailed, match=f"answered {status} to GET /v2/a/x/manifests/1.0"):
        client.manifest("a/x", "1.0")


@pytest.mark.parametrize("status", [400, 403, 405, 307])
def test_a_registry_that_says_no_is_not_asked_again(asking, status):
    client, _ = asking(lambda _: httpx.Response(status))

    with pytest.raises(RegistryRefused):
        client.manifest("a/x", "1.0")


@pytest.mark.parametrize("fault", [httpx.ConnectTimeout, httpx.ConnectError])
def test_a_registry_that_takes_no_connection_is_away(asking, fault):
    def fail(request):
        raise fault("nobody there", request=request)

    client, _ = asking(fail)

    with pytest.raises(RegistryAway, match=fault.__name__):
        list(client.repositories())


@pytest.mark.parametrize(
    ("fault", "kind"), [(httpx.ReadTimeout, "gives no answer in time"), (httpx.RemoteProtocolError, "broke off its answer")]
)
def test_a_question_without_an_answer_says_nothing_of_others(asking, fault, kind):
    def fail(request):
        raise fault("too slow", request=request)

    client, _ = asking(fail)

    with pytest.raises(RegistryFailed) as failed:
        client.manifest("a/x", "1.0")
    assert failed.value.kind == kind


def test_a_document_that_trickles_is_not_waited_for(asking, monkeypatch):
    moments = iter([0.0, 15.0, 21.0])
    monkeypatch.setattr(registry_client, "monotonic", lambda: next(moments))
    client, _ = asking(lambda _: httpx.Response(200, content=iter([b"{", b"}", b" "])))

    with pytest.raises(RegistryFailed, match="trickles"):
        client.blob("a/x", digest_of(b""))


@pytest.mark.parametrize("content", [b'{"tags": ["a", "b', b"<html>", b""])
def test_a_listing_that_breaks_off_is_no_answer(asking, content):
    client, _ = asking(lambda _: httpx.Response(200, content=content))

    with pytest.raises(RegistryFailed, match="broke off"):
        list(client.tags("a/x"))


def test_a_document_beyond_all_measure_is_not_kept(asking):
    client, _ = asking(lambda _: httpx.Response(200, content=b"x" * (LARGEST_DOCUMENT + 1)))

    with pytest.raises(RegistryRefused, match="larger"):
        client.blob("a/x", digest_of(b""))


@pytest.mark.parametrize(("scheme", "times"), [("http", 0), ("https", 2)])
def test_certificates_are_checked_where_tls_is_spoken_and_authorities_are_read_nowhere_else(settings, monkeypatch, scheme, times):
    settings.LAYERSTORE_REGISTRY_URL, settings.LAYERSTORE_TOKEN_URL = f"{scheme}://registry.test", f"{scheme}://shop.test"
    read = Mock(wraps=ssl.create_default_context)
    monkeypatch.setattr(ssl, "create_default_context", read)

    with RegistryClient():
        assert read.call_count == times
