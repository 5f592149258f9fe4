"""The files of deploy/, filled, as the real programs read them."""

import http.client
import json
import os
import resource
import shutil
import socket
import socketserver
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
import yaml

from common.api.schema import PROBLEM
from common.errors import RetryLater
from tests.support.registry import wait_until
from tools.stack import configs, templates
from tools.stack.configs import DEPLOY, error_pages, values, write_configs
from tools.stack.instance import Instance
from tools.stack.packages import find_program
from tools.stack.ports import free_base_port
from tools.stack.probes import answers

TEMPLATES = ["nginx/nginx.conf.template", "nginx/layerstore.conf.template", "registry/2.8.yml.template", "registry/3.yml.template"]


PROXIES = "127.0.0.200, 127.0.0.208/29"


class Echo(BaseHTTPRequestHandler):
    """Answers with the request line and headers it got."""

    asked = Counter[str]()

    def do_GET(self) -> None:
        Echo.asked[self.path] += 1
        if self.path.endswith("/break-off"):
            self.close_connection = True
            return
        body = f"{self.command} {self.path}\n{self.headers}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "text/plain")
        if self.path.startswith("/media/"):
            self.send_header("Cache-Control", "public, max-age=300")
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815 - the library looks for these names

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """A real nginx before an echoing web and registry; nobody answers for tokens."""
    instance = Instance(port=free_base_port(), var=tmp_path_factory.mktemp("edge"))
    instance.make_folders()
    backend = ThreadingHTTPServer(("127.0.0.1", instance.ports["registry"]), Echo)
    threading.Thread(target=backend.serve_forever, daemon=True).start()
    patched = values(instance) | {
        "LAYERSTORE_WEB_ADDRESS": f"127.0.0.1:{instance.ports['registry']}",
        "LAYERSTORE_TRUSTED_PROXY": PROXIES,
        "LAYERSTORE_PUBLIC_SCHEME": "https",
        "LAYERSTORE_PUBLIC_URL": instance.url,
    }
    write_configs(instance)
    error_pages(instance).mkdir()
    for code, words in {"en": "Back in a moment", "de": "Gleich wieder da"}.items():
        (error_pages(instance) / f"503.{code}.html").write_text(f"<h1>{words}</h1>")
    run = instance.var / "run"
    (run / "layerstore.conf").write_text(templates.fill(DEPLOY / "nginx/layerstore.conf.template", patched))
    (instance.var / "static" / "base.0123456789ab.css").write_text("a{}")
    (instance.var / "static" / "plain.css").write_text("a{}" * 400)
    (instance.var / "media" / "picture.webp").write_text("webp")
    nginx = subprocess.Popen([str(find_program("nginx")), "-e", "stderr", "-p", str(run), "-c", str(run / "nginx.conf")])
    ready = answers(f"{instance.url}/static/plain.css")
    while not ready():
        time.sleep(0.02)
    yield instance
    nginx.terminate()
    nginx.wait()
    backend.shutdown()
    backend.server_close()
    shutil.rmtree(instance.sockets)


def ask(instance: Instance, path: str, **headers: str) -> tuple[int, dict[str, str], str]:
    connection = http.client.HTTPConnection("127.0.0.1", instance.port, timeout=10)
    try:
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode(errors="replace")
    finally:
        connection.close()


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_gap_of_every_template_is_filled(name: str, tmp_path: Path) -> None:
    known = values(Instance(port=8080, var=tmp_path))

    assert templates.gaps(DEPLOY / name) <= set(known)
    assert "${LAYERSTORE" not in templates.fill(DEPLOY / name, known)


@pytest.mark.parametrize("version", ["2.8", "3"])
def test_a_registry_on_s3_differs_in_its_storage_alone_and_sends_nobody_to_the_bucket(version: str) -> None:
    files, bucket = (yaml.safe_load((DEPLOY / f"registry/{version}{kind}.yml.template").read_text()) for kind in ("", "-s3"))

    stored = bucket["storage"].pop("s3")
    del files["storage"]["filesystem"]
    assert bucket == files
    assert bucket["storage"]["redirect"] == {"disable": True}
    assert (
        {"region", "bucket", "regionendpoint"} <= set(stored) <= {"region", "bucket", "regionendpoint", "forcepathstyle"}
    )  # no credential


def test_a_gap_that_nobody_fills_is_an_error(tmp_path: Path) -> None:
    template = tmp_path / "template"
    template.write_text("listen ${LAYERSTORE_NOWHERE}; set $host ${other};")

    with pytest.raises(KeyError, match="LAYERSTORE_NOWHERE"):
        templates.fill(template, {})


@pytest.mark.parametrize(("value", "lines"), [("", []), ("10.0.0.0/8", ["10.0.0.0/8"]), ("10.0.0.0/8, ::1", ["10.0.0.0/8", "::1"])])
def test_a_line_with_a_list_is_repeated_for_each_of_its_words_here_and_in_images(tmp_path: Path, value: str, lines: list[str]) -> None:
    template, target = tmp_path / "template", tmp_path / "target"
    template.write_text("geo {\n    ${each LAYERSTORE_TRUSTED_PROXY}  1; # \\ $x }\n}\n")
    expected = "".join(["geo {\n", *(f"    {line}  1; # \\ $x }}\n" for line in lines), "}\n"])

    start = [str(DEPLOY / "compose/start"), "/dev/null", f"{template}={target}", "--", "true"]
    subprocess.run(start, env=os.environ | {"LAYERSTORE_TRUSTED_PROXY": value}, check=True)

    assert templates.fill(template, {"LAYERSTORE_TRUSTED_PROXY": value}) == target.read_text() == expected


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({}, "Back in a moment"),
        ({"Accept_Language": "de-AT,de;q=0.9,en;q=0.8"}, "Gleich wieder da"),
        ({"Accept_Language": "fr,de;q=0.9"}, "Back in a moment"),
        ({"Accept_Language": "de", "Cookie": "language=en-gb"}, "Back in a moment"),
        ({"Accept_Language": "en", "Cookie": "language=de"}, "Gleich wieder da"),
        ({"Accept_Language": "../x"}, "Back in a moment"),
    ],
)
def test_that_no_web_process_answers_is_said_in_the_readers_language(edge: Instance, headers: dict[str, str], words: str) -> None:
    status, answered, page = ask(edge, "/break-off", **headers)

    assert (status, page, answered["vary"]) == (503, f"<h1>{words}</h1>", "Accept-Language, Cookie")


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
def test_whatever_was_sent_a_web_process_that_breaks_off_is_503(edge: Instance, method: str) -> None:
    answer = httpx.request(method, f"{edge.url}/break-off", content=b"x" if method in {"POST", "PATCH"} else None, trust_env=False)

    assert (answer.status_code, answer.headers["Retry-After"], answer.text) == (503, "10", "<h1>Back in a moment</h1>")


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
def test_a_web_process_that_breaks_off_is_a_problem_document_in_the_api(edge: Instance, method: str) -> None:
    answer = httpx.request(method, f"{edge.url}/api/v1/break-off", trust_env=False)

    assert (answer.status_code, answer.headers["Retry-After"], answer.headers["Content-Type"]) == (503, "10", "application/problem+json")
    assert set(answer.json()) == set(PROBLEM["required"])
    assert (answer.json()["status"], answer.json()["code"]) == (503, RetryLater.code)


def test_what_the_edge_finds_too_large_is_a_problem_document_in_the_api(edge: Instance) -> None:
    status, headers, body = ask(edge, "/api/v1/products/", Content_Length="13000000")

    assert (status, headers["content-type"], json.loads(body)["code"]) == (413, "application/problem+json", "too_large")
    assert set(json.loads(body)) == set(PROBLEM["required"])


def test_another_host_name_is_led_to_the_canonical_one_in_the_api(edge: Instance) -> None:
    status, headers, _ = ask(edge, "/api/v1/products/", Host=f"localhost:{edge.port}")

    assert (status, headers["location"]) == (307, f"{edge.url}/api/v1/products/")


class OverSocket(socketserver.ThreadingUnixStreamServer):
    """The echo in the token process's place."""

    daemon_threads = True


@pytest.fixture
def token(edge: Instance) -> Iterator[None]:
    """Let somebody answer for tokens."""
    path = edge.socket("token")
    with OverSocket(str(path), Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield
        server.shutdown()
    path.unlink()


@pytest.mark.usefixtures("token")
def test_a_request_that_breaks_the_token_process_off_fails_nobody_else(edge: Instance) -> None:
    for _ in range(5):
        assert ask(edge, "/auth/break-off")[0] == 503
        assert ask(edge, "/auth/token")[0] == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_load_balancer_may_ask_for_health_by_address(edge: Instance, path: str) -> None:
    status, _, body = ask(edge, path, Host="10.20.64.7:8080")

    assert status == 200
    assert f"GET {path}\n" in body


def test_a_load_balancer_may_ask_by_tls_with_a_certificate_that_the_edge_made_itself(edge: Instance, tmp_path: Path) -> None:
    certificate, port = tmp_path / "edge.pem", edge.ports["mail"]
    subprocess.run([sys.executable, str(DEPLOY / "aws/edge_certificate.py"), str(certificate)], check=True)
    known = values(edge) | {
        "LAYERSTORE_LISTEN": f"127.0.0.1:{port} ssl",
        "LAYERSTORE_CERTIFICATE": str(certificate),
        "LAYERSTORE_RUN": str(tmp_path),
        "LAYERSTORE_WEB_ADDRESS": f"127.0.0.1:{edge.ports['registry']}",
    }
    for name in ("nginx", "layerstore"):
        (tmp_path / f"{name}.conf").write_text(templates.fill(DEPLOY / f"nginx/{name}.conf.template", known))
    nginx = subprocess.Popen([str(find_program("nginx")), "-e", "stderr", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")])
    trusting = ssl._create_unverified_context()
    try:
        wait_until((tmp_path / "nginx.pid").exists)
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=trusting)
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        assert (answer.status, certificate.stat().st_mode & 0o777) == (200, 0o600)
        connection.close()
    finally:
        nginx.terminate()
        nginx.wait()


def test_nginx_accepts_its_configuration(edge: Instance) -> None:
    run = edge.var / "run"
    result = subprocess.run(
        [str(find_program("nginx")), "-t", "-e", "stderr", "-p", str(run), "-c", str(run / "nginx.conf")],
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stderr
    assert "warn" not in result.stderr


@pytest.mark.parametrize(
    "path",
    [
        "/metrics", "/metrics/", "/METRICS", "//metrics", "/%6detrics", "/x/../metrics", "/./metrics", "/metrics?x=1",
        "/registry/events", "/registry/events/", "/Registry/Events", "//registry//events", "/registry/%65vents", "/registry%2fevents",
        "/%2e/registry/events", "/v2/../registry/events", "/static/../registry/events",
    ],
)  # fmt: skip
def test_the_inner_listener_is_not_to_be_had_under_any_spelling(edge: Instance, path: str) -> None:
    status, _, body = ask(edge, path)

    assert status == 404
    assert "GET " not in body


@pytest.mark.parametrize("path", ["/metricsology/shop", "/registry", "/registry/eventful"])
def test_names_that_only_begin_alike_reach_the_shop(edge: Instance, path: str) -> None:
    assert ask(edge, path)[0] == 200


def test_forwarding_headers_are_set_and_never_appended(edge: Instance) -> None:
    lies = {
        "X_Forwarded_For": "6.6.6.6",
        "X_Forwarded_Host": "evil.example",
        "X_Forwarded_Proto": "http",
        "Forwarded": "for=6.6.6.6",
        "X_Real_IP": "6.6.6.6",
    }

    seen = ask(edge, "/", **lies)[2]

    assert "X-Forwarded-For: 127.0.0.1\n" in seen
    assert f"X-Forwarded-Host: {edge.host}\n" in seen
    assert "X-Forwarded-Proto: https\n" in seen
    assert "6.6.6.6" not in seen
    assert "evil" not in seen


@pytest.mark.parametrize(("address", "client"), [("127.0.0.200", "7.7.7.7"), ("127.0.0.210", "7.7.7.7"), ("127.0.0.216", "127.0.0.216")])
def test_only_a_proxy_that_we_know_is_believed_what_it_says_of_the_client_nearest_to_it(edge: Instance, address: str, client: str) -> None:
    with from_address(edge, address) as connection:
        connection.request("GET", "/", headers={"X-Forwarded-For": "6.6.6.6, 7.7.7.7"})
        seen = connection.getresponse().read().decode()

    assert f"X-Forwarded-For: {client}\n" in seen
    assert "6.6.6.6" not in seen


@pytest.mark.parametrize(
    ("address", "scheme", "status"), [("127.0.0.200", "http", 308), ("127.0.0.200", "https", 200), ("127.0.0.216", "http", 200)]
)
def test_what_came_to_a_proxy_that_we_know_without_tls_is_sent_to_the_address_with_it(
    edge: Instance, address: str, scheme: str, status: int
) -> None:
    with from_address(edge, address) as connection:
        connection.request("GET", "/library/?x=1", headers={"X-Forwarded-Proto": scheme})
        answer = connection.getresponse()

    assert (answer.status, answer.headers["Location"]) == (status, f"{edge.url}/library/?x=1" if status == 308 else None)


def test_a_picture_that_is_no_file_is_asked_of_web_once_and_kept(edge: Instance) -> None:
    path = f"/media/products/{'0' * 32}.webp"

    seen = [ask(edge, path) for _ in range(3)]

    assert [status for status, _, _ in seen] == [200, 200, 200]
    assert f"GET {path}\n" in seen[0][2]
    assert Echo.asked[path] == 1


def test_another_host_name_is_led_to_the_canonical_one_on_pages(edge: Instance) -> None:
    status, headers, _ = ask(edge, "/search/?q=redis", Host=f"localhost:{edge.port}")

    assert (status, headers["location"]) == (307, f"{edge.url}/search/?q=redis")


def test_another_host_name_is_served_to_registry_clients(edge: Instance) -> None:
    status, _, body = ask(edge, "/v2/", Host=f"localhost:{edge.port}")

    assert status == 200
    assert f"Host: localhost:{edge.port}" in body


def test_a_missing_token_process_is_said_in_the_registrys_own_words(edge: Instance) -> None:
    status, headers, body = ask(edge, "/auth/token")

    assert status == 503
    assert headers["content-type"].startswith("application/json")
    assert headers["retry-after"] == "5"
    assert '"code":"UNAVAILABLE"' in body


def test_a_hashed_file_is_kept_for_a_year_and_another_for_minutes(edge: Instance) -> None:
    assert ask(edge, "/static/base.0123456789ab.css")[1]["cache-control"] == "public, max-age=31536000, immutable"
    assert ask(edge, "/static/plain.css")[1]["cache-control"] == "public, max-age=300"


def test_uploads_are_served_as_what_they_are_and_run_nothing(edge: Instance) -> None:
    headers = ask(edge, "/media/picture.webp")[1]

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-type"] == "image/webp"
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"


@pytest.mark.parametrize(
    "path", ["/static/../run/nginx.conf", "/static/%2e%2e/secrets.json", "/media/..%2fsecrets.json", "/static../secrets.json"]
)
def test_nothing_beside_the_served_folders_is_to_be_had(edge: Instance, path: str) -> None:
    assert "user root" not in ask(edge, path)[2]
    assert "secret_key" not in ask(edge, path)[2]


def test_text_is_compressed_and_the_version_is_not_told(edge: Instance) -> None:
    headers = ask(edge, "/static/plain.css", Accept_Encoding="gzip")[1]

    assert headers["content-encoding"] == "gzip"
    assert headers["server"] == "nginx"


@contextmanager
def from_address(edge: Instance, address: str) -> Iterator[http.client.HTTPConnection]:
    """Connect from another address of this machine, which the edge takes for another client."""
    connection = http.client.HTTPConnection("127.0.0.1", edge.port, timeout=30, source_address=(address, 0))
    with closing(connection):
        yield connection


def status_for(edge: Instance, address: str, path: str, method: str = "GET") -> int:
    with from_address(edge, address) as connection:
        return answer_to(connection, path, method)[0]


def answer_to(connection: http.client.HTTPConnection, path: str, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    connection.request(method, path, headers={"Content-Length": "0"} if method == "PUT" else {})
    answer = connection.getresponse()
    return answer.status, dict(answer.getheaders()), answer.read()


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


def test_layers_of_any_size_pass_and_are_not_buffered() -> None:
    text = (DEPLOY / "nginx/layerstore.conf.template").read_text()
    registry = text[text.index("location ^~ /v2/") :]

    assert "client_max_body_size 0;" in registry
    assert "proxy_request_buffering off;" in registry


def test_the_registry_2_8_starts_with_its_configuration_and_asks_for_our_token(tmp_path: Path) -> None:
    instance = Instance(port=free_base_port(), var=tmp_path)
    instance.make_folders()
    bundle = configs.certificate_bundle(instance)
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-subj",
        "/CN=test",
        "-keyout",
        "/dev/null",
    ]
    subprocess.run([*command, "-out", str(bundle)], check=True, capture_output=True)
    write_configs(instance)
    with subprocess.Popen(
        [str(find_program("docker-registry")), "serve", str(tmp_path / "run/registry.yml")], stderr=subprocess.DEVNULL
    ) as registry:
        ready = answers(f"{instance.registry_url}/v2/")
        while not ready():
            assert registry.poll() is None
            time.sleep(0.02)
        connection = http.client.HTTPConnection("127.0.0.1", instance.ports["registry"])
        connection.request("GET", "/v2/")
        answer = connection.getresponse()
        challenge = answer.headers["WWW-Authenticate"]
        connection.close()
        registry.terminate()
    shutil.rmtree(instance.sockets)

    assert answer.status == 401
    assert challenge == f'Bearer realm="{instance.url}/auth/token",service="layerstore"'


def test_both_registries_are_told_the_same_but_for_the_algorithms(tmp_path: Path) -> None:
    known = values(Instance(port=8080, var=tmp_path))
    old, new = (yaml.safe_load(templates.fill(DEPLOY / "registry" / name, known)) for name in ("2.8.yml.template", "3.yml.template"))

    assert new["auth"]["token"].pop("signingalgorithms") == ["ES256"]
    assert new == old


def test_registries_tell_of_manifests_alone(tmp_path: Path) -> None:
    known = values(Instance(port=8080, var=tmp_path))
    (endpoint,) = yaml.safe_load(templates.fill(DEPLOY / "registry" / "2.8.yml.template", known))["notifications"]["endpoints"]

    assert endpoint["ignore"] == {"mediatypes": ["application/octet-stream"]}


def test_a_registry_with_a_jwks_file_is_told_so_and_of_no_bundle(tmp_path: Path) -> None:
    known = values(Instance(port=8080, var=tmp_path)) | {
        "LAYERSTORE_REGISTRY_TRUST": "jwks",
        "LAYERSTORE_TRUSTED_KEYS": "/srv/keys/jwks.json",
    }

    token = yaml.safe_load(templates.fill(DEPLOY / "registry" / "3.yml.template", known))["auth"]["token"]

    assert (token["jwks"], token["signingalgorithms"]) == ("/srv/keys/jwks.json", ["ES256"])
    assert "rootcertbundle" not in token


def test_the_registry_writes_no_secret_into_its_log_and_deletes_by_policy(tmp_path: Path) -> None:
    known = values(Instance(port=8080, var=tmp_path))
    config = yaml.safe_load(templates.fill(DEPLOY / "registry" / "3.yml.template", known))

    assert config["log"]["level"] == "warn"
    assert config["http"]["relativeurls"] is True
    assert config["storage"]["delete"] == {"enabled": True}
    assert config["storage"]["redirect"] == {"disable": True}
    endpoint = config["notifications"]["endpoints"][0]
    assert endpoint["url"] == "http://127.0.0.1:11080/registry/events"
    assert endpoint["headers"]["Authorization"] == [f"Bearer {known['LAYERSTORE_EVENTS_SECRET']}"]
