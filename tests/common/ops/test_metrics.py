import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from prometheus_client.core import REGISTRY, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from common.ops import metrics
from common.ops.metrics import collect_also, counted_call, exposition, serve_metrics
from tests.support.ports import free_port


class Away(Exception):
    pass


def calls(outcome: str) -> float:
    return REGISTRY.get_sample_value("layerstore_dependency_calls_total", {"dependency": "shelf", "outcome": outcome}) or 0.0


@pytest.mark.parametrize(("raised", "outcome"), [(None, "answered"), (ValueError("refused"), "answered"), (Away(), "away")])
def test_a_call_of_a_service_is_counted_by_its_outcome(raised, outcome):
    before = {kind: calls(kind) for kind in ("answered", "away")}

    try:
        with counted_call("shelf", away=(Away,)):
            if raised:
                raise raised
    except (Away, ValueError) as error:
        assert error is raised

    assert {kind: calls(kind) - before[kind] for kind in before} == {"answered": 0.0, "away": 0.0} | {outcome: 1.0}


def test_a_collector_is_asked_at_each_scrape(monkeypatch):
    class Clock(Collector):
        asked = 0

        def describe(self) -> list[Metric]:
            return []

        def collect(self) -> Iterator[Metric]:
            self.asked += 1
            yield GaugeMetricFamily("layerstore_asked", "How often.", value=self.asked)

    monkeypatch.setattr(metrics, "_collectors", [])
    collect_also(Clock())

    assert b"layerstore_asked 1.0" in exposition()
    assert b"layerstore_asked 2.0" in exposition()


def test_a_port_serves_what_all_forked_processes_count_and_gives_way_to_another_of_the_container(tmp_path):
    port = free_port()
    program = f"""
import os, urllib.request
from common.ops.metrics import counted_call, serve_metrics
for _ in range(2):  # the second finds the port taken
    serve_metrics(("127.0.0.1", {port}))
if os.fork() == 0:
    with counted_call("shelf", away=()):
        pass
    os._exit(0)
os.wait()
print(urllib.request.urlopen("http://127.0.0.1:{port}/metrics").read().decode())
"""
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}

    answer = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True).stdout

    assert 'layerstore_dependency_calls_total{dependency="shelf",outcome="answered"} 1.0' in answer


def test_without_a_port_nothing_listens(monkeypatch):
    monkeypatch.setattr(metrics, "start_http_server", lambda *_args, **_options: pytest.fail("listens"))

    serve_metrics(("127.0.0.1", 0))


def test_an_error_other_than_a_taken_port_is_raised(monkeypatch):
    def refuse(*_args: object, **_options: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(metrics, "start_http_server", refuse)

    with pytest.raises(PermissionError):
        serve_metrics(("127.0.0.1", 80))
