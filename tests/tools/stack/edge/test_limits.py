"""How much one address may ask of the edge."""

import json
import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from common.api.schema import PROBLEM
from tests.tools.stack.edge.asking import Echo, answer_to, ask, from_address, status_for
from tools.stack.configs import DEPLOY
from tools.stack.instance import Instance


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_reads_of_manifests_have_a_rate_limit_for_each_address_and_say_so_to_registry_clients(edge: Instance, method: str) -> None:
    address, manifest, read = f"127.0.0.{100 + len(method)}", "/v2/acme/db/manifests/1.0", 0
    with from_address(edge, address) as flood:
        while (told := answer_to(flood, manifest, method))[0] != 429:
            read += 1
            assert read < 20_000, "there is no rate limit"

    assert read >= 1_000  # a cluster behind one address begins at once
    assert told[1]["Retry-After"] == "2"
    if method == "GET":
        assert json.loads(told[2])["errors"][0]["code"] == "TOOMANYREQUESTS"
    assert status_for(edge, "127.0.0.99", manifest, method) != 429
    for path, other in (("/v2/acme/db/blobs/sha256:00", "GET"), (manifest, "PUT"), ("/v2/", "GET"), ("/", "GET")):
        assert status_for(edge, address, path, other) != 429


@pytest.fixture
def many_files() -> Iterator[None]:
    """Let this process hold as many connections as it asks for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 8192)), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def opened(edge: Instance, address: str, count: int, said: str) -> ExitStack:
    """Hold so many connections from an address that have said this and nothing more."""
    held = ExitStack()
    for _ in range(count):
        connection = held.enter_context(socket.create_connection(("127.0.0.1", edge.port), timeout=30, source_address=(address, 0)))
        connection.sendall(said.encode())
    return held


def test_connections_that_are_half_open_shut_nobody_out(edge: Instance, many_files: None) -> None:
    with opened(edge, "127.0.0.110", 3_000, "GET / HTTP/1.1\r\nHost: "):
        assert ask(edge, "/static/plain.css")[0] == 200
        assert status_for(edge, "127.0.0.110", "/static/plain.css") == 200


def test_an_address_has_a_thousand_connections_at_work_and_no_more(edge: Instance, many_files: None) -> None:
    with opened(edge, "127.0.0.111", 1_000, f"POST / HTTP/1.1\r\nHost: {edge.host}\r\nContent-Length: 5\r\n\r\n"):
        # nginx may still be reading what the others have said.
        assert 429 in (status_for(edge, "127.0.0.111", "/static/plain.css") for _ in range(1_000))
        with from_address(edge, "127.0.0.111") as refused:
            status, headers, body = answer_to(refused, "/api/v1/products/")
        assert (status, headers["Retry-After"], headers["Content-Type"]) == (429, "2", "application/problem+json")
        assert set(json.loads(body)) == set(PROBLEM["required"])
        assert ask(edge, "/static/plain.css")[0] == 200


def test_a_manifest_that_is_sent_slowly_reaches_the_registry_when_all_of_it_is_here(edge: Instance) -> None:
    manifest = "/v2/acme/slow/manifests/latest"
    with from_address(edge, "127.0.0.112") as slow:
        slow.putrequest("PUT", manifest)
        slow.putheader("Content-Length", "2")
        slow.endheaders(b"{")
        assert status_for(edge, "127.0.0.112", "/v2/acme/slow/manifests/1.0", "PUT") == 200
        assert Echo.asked[manifest] == 0

        slow.send(b"}")
        answer = slow.getresponse()

        assert (answer.status, Echo.asked[manifest]) == (200, 1)
        assert f"PUT {manifest}\n".encode() in answer.read()


def test_a_manifest_is_no_larger_than_the_registry_takes(edge: Instance) -> None:
    with from_address(edge, "127.0.0.113") as large:
        large.putrequest("PUT", "/v2/acme/large/manifests/latest")
        large.putheader("Content-Length", str(4 * 1024 * 1024 + 1))
        large.endheaders()
        answer = large.getresponse()

        assert (answer.status, json.loads(answer.read())["errors"][0]["code"]) == (413, "SIZE_INVALID")
        assert Echo.asked["/v2/acme/large/manifests/latest"] == 0


def test_layers_of_any_size_pass_and_are_not_buffered() -> None:
    text = (DEPLOY / "nginx/layerstore.conf.template").read_text()
    registry = text[text.index("location ^~ /v2/") :]

    assert "client_max_body_size 0;" in registry
    assert "proxy_request_buffering off;" in registry
