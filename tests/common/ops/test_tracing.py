import gzip
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from celery import Celery
from celery.signals import before_task_publish, task_postrun, task_prerun
from django.core.exceptions import ImproperlyConfigured, MiddlewareNotUsed
from django.http import HttpResponse
from django.test import RequestFactory
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pytest_django import Settings

from common.ops import tracing
from common.ops.task_tracing import trace_tasks
from common.ops.tracing import begin_tracing, describe_span, span, trace_headers, trace_to
from common.web.tracing import TracingMiddleware


@pytest.fixture(autouse=True)
def _off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "_tracer", None)  # and again afterwards


@pytest.fixture
def exporter(settings: Settings) -> InMemorySpanExporter:
    settings.LAYERSTORE_TRACES_PERCENT = 100
    exporter = InMemorySpanExporter()
    trace_to(exporter, process="test")
    return exporter


def flush() -> None:
    tracer: Any = tracing._tracer
    tracer.span_processor.force_flush()


def sent(exporter: InMemorySpanExporter) -> dict[str, Any]:
    flush()
    return {each.name: each for each in exporter.get_finished_spans()}


def test_nothing_is_traced_and_nothing_loaded_unless_asked_for():
    program = (
        "import sys, config.wsgi_token, common.ops.tracing as t; t.begin_tracing('test');"
        "print('opentelemetry.exporter' in sys.modules, t.trace_headers(), t.is_tracing())"
    )

    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "False {} False\n"


def test_spans_lie_in_each_other_and_carry_what_became_known(exporter):
    with span("outer", order="7"):
        describe_span(state="paid")
        with span("inner"):
            pass

    outer, inner = sent(exporter)["outer"], sent(exporter)["inner"]
    assert inner.parent.span_id == outer.context.span_id
    assert dict(outer.attributes) == {"layerstore.order": "7", "layerstore.state": "paid"}
    assert outer.resource.attributes["service.name"] == "layerstore-test"


def test_a_span_that_fails_says_how_and_not_what_was_in_the_error(exporter):
    with pytest.raises(ValueError, match="ada@example"), span("sale"):
        raise ValueError("ada@example.com is unknown")

    failed = sent(exporter)["sale"]
    assert (failed.status.is_ok, failed.status.description, list(failed.events)) == (False, "ValueError", [])


def test_another_process_continues_the_trace(exporter):
    with span("here"):
        headers = trace_headers()
    with span("there", parent=headers):
        pass

    here, there = sent(exporter)["here"], sent(exporter)["there"]
    assert (there.context.trace_id, there.parent.span_id) == (here.context.trace_id, here.context.span_id)


def test_a_part_of_all_traces_is_kept(settings, exporter):
    settings.LAYERSTORE_TRACES_PERCENT = 0
    trace_to(exporter, process="test")

    with span("left out"):
        pass

    assert sent(exporter) == {}


def test_a_request_is_a_span_and_a_strangers_trace_is_not_believed(exporter):
    stranger = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    TracingMiddleware(lambda _: HttpResponse(status=204))(RequestFactory().get("/", headers={"traceparent": stranger}))

    request = sent(exporter)["request"]
    assert request.parent is None
    assert dict(request.attributes) == {"layerstore.method": "GET", "layerstore.view": "none", "layerstore.status": 204}


def test_the_middleware_is_not_used_where_nothing_is_traced():
    with pytest.raises(MiddlewareNotUsed):
        TracingMiddleware(lambda _: HttpResponse())


@Celery(set_as_current=False).task(name="test.traced")  # not among the shop's own
def traced() -> None:
    with span("inside"):
        pass


@pytest.fixture
def _tasks() -> Iterator[None]:
    yield
    for signal in (before_task_publish, task_prerun, task_postrun):
        signal.disconnect(dispatch_uid="common.ops.task_tracing")


@pytest.mark.usefixtures("_tasks")
def test_a_task_continues_the_trace_of_whoever_queued_it(exporter):
    trace_tasks()
    headers: dict[str, Any] = {}

    with span("request"):
        before_task_publish.send(sender="test.traced", headers=headers)
    traced.apply(headers=headers)

    spans = sent(exporter)
    assert spans["inside"].parent.span_id == spans["test.traced"].context.span_id
    assert spans["test.traced"].parent.span_id == spans["request"].context.span_id
    assert spans["test.traced"].attributes["layerstore.state"] == "SUCCESS"


def test_tasks_are_left_alone_where_nothing_is_traced():
    trace_tasks()

    assert "common.ops.task_tracing" not in str(task_prerun.receivers)


def test_a_collector_gets_the_spans_on_its_own_wire(settings):
    received: list[bytes] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Collector)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        settings.LAYERSTORE_TRACES, settings.LAYERSTORE_TRACES_PERCENT = f"http://127.0.0.1:{server.server_port}/v1/traces", 100
        begin_tracing("web")
        with span("sale", order="7"):
            pass
        flush()
    finally:
        server.shutdown()
        server.server_close()

    body = received[0]
    message = ExportTraceServiceRequest.FromString(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)
    assert [each.name for each in message.resource_spans[0].scope_spans[0].spans] == ["sale"]


def test_without_the_packages_the_process_says_what_is_missing(settings, monkeypatch):
    settings.LAYERSTORE_TRACES = "http://127.0.0.1:1/v1/traces"
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)

    with pytest.raises(ImproperlyConfigured, match=r"cluster\.txt"):
        begin_tracing("web")
