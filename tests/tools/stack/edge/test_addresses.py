"""Who is asked under which name and path, and what the edge believes of a client."""

import http.client
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.registry import wait_until
from tests.tools.stack.edge.asking import ask, from_address
from tools.stack import templates
from tools.stack.configs import DEPLOY, values
from tools.stack.instance import Instance
from tools.stack.packages import find_program


def test_another_host_name_is_led_to_the_canonical_one_in_the_api(edge: Instance) -> None:
    status, headers, _ = ask(edge, "/api/v1/products/", Host=f"localhost:{edge.port}")

    assert (status, headers["location"]) == (307, f"{edge.url}/api/v1/products/")


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


def test_another_host_name_is_led_to_the_canonical_one_on_pages(edge: Instance) -> None:
    status, headers, _ = ask(edge, "/search/?q=redis", Host=f"localhost:{edge.port}")

    assert (status, headers["location"]) == (307, f"{edge.url}/search/?q=redis")


def test_another_host_name_is_served_to_registry_clients(edge: Instance) -> None:
    status, _, body = ask(edge, "/v2/", Host=f"localhost:{edge.port}")

    assert status == 200
    assert f"Host: localhost:{edge.port}" in body
