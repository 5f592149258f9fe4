"""/metrics: one answer for all processes, on the inner listener alone."""

import os
import subprocess
import sys

import pytest
from django.urls import Resolver404, resolve
from django.utils import timezone

from registry_auth.client.identity import service_credentials
from tests.registry_auth.conftest import basic


@pytest.mark.django_db
def test_what_the_token_endpoint_answered_is_counted(token_client, inner_client):
    def count(outcome: str) -> float:
        lines = inner_client.get("/metrics").content.decode().splitlines()
        return sum(float(line.split()[1]) for line in lines if line.startswith(f'layerstore_token_answers_total{{outcome="{outcome}"}}'))

    before = {outcome: count(outcome) for outcome in ("anonymous", "authenticated", "service", "wrong_credentials")}
    token_client.get("/auth/token")
    token_client.get("/auth/token", headers={"authorization": basic("ada", "wrong")})
    ours = service_credentials(now=timezone.now())
    token_client.get("/auth/token", headers={"authorization": basic(ours.username, ours.secret)})

    counted = {outcome: count(outcome) - before[outcome] for outcome in before}
    assert counted == {"anonymous": 1, "authenticated": 0, "service": 1, "wrong_credentials": 1}


def test_the_processes_are_summed_up(tmp_path):
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    note = "from common.ops.metrics import exposition; from registry_auth.inbox.metrics import note_envelope; note_envelope(outcome='accepted'); print(exposition().decode())"

    outputs = [
        subprocess.run([sys.executable, "-c", note], env=environment, capture_output=True, text=True, check=True).stdout for _ in range(2)
    ]

    assert 'layerstore_registry_envelopes_total{outcome="accepted"} 1.0' in outputs[0]
    assert 'layerstore_registry_envelopes_total{outcome="accepted"} 2.0' in outputs[1]


@pytest.mark.parametrize("path", ["/metrics", "/registry/events"])
def test_the_web_process_serves_no_inner_addresses(path):
    try:
        served = resolve(path, urlconf="config.urls")
    except Resolver404:
        return
    assert served.app_name != "registry_auth"  # the shop may take it for a namespace, of which there is none


@pytest.mark.parametrize("path", ["/metrics", "/registry/events"])
def test_the_token_process_serves_no_inner_addresses(token_client, path):
    assert [token_client.get(path).status_code, token_client.post(path).status_code] == [404, 404]


def test_a_scrape_in_a_process_among_many_reads_their_folder(inner_client, monkeypatch, tmp_path):
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))

    response = inner_client.get("/metrics")

    assert (response.status_code, response.content) == (200, b"")
    assert response["Content-Type"].startswith("text/plain")
