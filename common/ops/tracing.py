"""Traces by OpenTelemetry, off unless LAYERSTORE_TRACES names a collector. A request, a task and what they call are spans of one trace.

Spans carry ids of rows and names of views, never what a person typed: no address, name, mail or text of an error. A collector that hangs
delays nobody: spans are sent by a thread, from a queue that drops what does not fit.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Tracer

_SEND_SECONDS: Final = 5
_NOTHING: Final = nullcontext()
_tracer: "Tracer | None" = None


def begin_tracing(process: str) -> None:
    """Send the spans of this process, and of those that it forks, to the collector; nothing where none is named.

    Raises:
        ImproperlyConfigured: OpenTelemetry is not installed: it belongs to images, not to script/demo.
    """
    if not settings.LAYERSTORE_TRACES:
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415  loaded only where it is used
    except ImportError as error:
        msg = "LAYERSTORE_TRACES needs the packages of requirements/cluster.txt, as images have them."
        raise ImproperlyConfigured(msg) from error
    trace_to(OTLPSpanExporter(endpoint=settings.LAYERSTORE_TRACES, timeout=_SEND_SECONDS), process=process)


def trace_to(exporter: "SpanExporter", *, process: str) -> None:
    """Send the spans to this exporter. Of all traces a part is kept, the same in each process because their ids decide."""
    global _tracer  # noqa: PLW0603  a process has one tracer, or none
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415  loaded only where it is used
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415  the same
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415  the same
    from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased  # noqa: PLC0415  the same

    kept = TraceIdRatioBased(settings.LAYERSTORE_TRACES_PERCENT / 100)
    sampler = ParentBased(kept, remote_parent_sampled=kept, remote_parent_not_sampled=kept)
    resource = Resource.create({"service.name": f"layerstore-{process}", "service.instance.id": str(os.getpid())})
    provider = TracerProvider(sampler=sampler, resource=resource)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    _tracer = provider.get_tracer("layerstore")


def is_tracing() -> bool:
    """Whether this process sends spans."""
    return _tracer is not None


def span(name: str, *, parent: Mapping[str, str] | None = None, **attributes: str | int) -> AbstractContextManager[None]:
    """Make a span of the block, below the one that is open. One that ends by an exception is marked with its class.

    Args:
        parent: headers with a `traceparent` (W3C Trace Context) from one of our own processes, never from a stranger.
        attributes: named `layerstore.…` in the trace; what must not be in a log must not be here.
    """
    return _NOTHING if _tracer is None else _span(_tracer, name, parent, attributes)


def describe_span(**attributes: str | int) -> None:
    """Add what has become known to the open span."""
    if _tracer is not None:
        from opentelemetry.trace import get_current_span  # noqa: PLC0415  loaded only where it is used

        get_current_span().set_attributes(_named(attributes))


def trace_headers() -> dict[str, str]:
    """Return the headers by which another process of ours continues this trace: none outside of a span."""
    headers: dict[str, str] = {}
    if _tracer is not None:
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415  loaded only where it is used

        TraceContextTextMapPropagator().inject(headers)
    return headers


@contextmanager
def _span(tracer: "Tracer", name: str, parent: Mapping[str, str] | None, attributes: Mapping[str, str | int]) -> Iterator[None]:
    from opentelemetry.trace import Status, StatusCode  # noqa: PLC0415  loaded only where it is used
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415  the same

    context = TraceContextTextMapPropagator().extract(parent) if parent else None
    # The library would write an exception's text into the span, and that may be personal data.
    silent = {"record_exception": False, "set_status_on_exception": False}
    with tracer.start_as_current_span(name, context=context, attributes=_named(attributes), **silent) as opened:  # type: ignore[arg-type]  # mypy takes all of `silent` for each argument
        try:
            yield
        except Exception as error:
            opened.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise


def _named(attributes: Mapping[str, str | int]) -> dict[str, str | int]:
    return {f"layerstore.{name}": value for name, value in attributes.items()}
